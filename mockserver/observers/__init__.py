"""Who hears of worlds: event stream, journal file, log."""
