"""The subscriber's portal: pages of HTML, made on the node, that work without script (REQUIREMENTS W1)."""
