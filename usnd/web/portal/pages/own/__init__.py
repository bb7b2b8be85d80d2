"""Pages about the subscriber's own matters: settings, PINs, help."""
