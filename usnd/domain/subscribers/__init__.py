"""What may be done with subscribers, by whoever asks: CRM, command, console."""
