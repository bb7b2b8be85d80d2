"""The provisioning site: XML of the CRM becomes orders, which usnd carries out; their results become XML."""
