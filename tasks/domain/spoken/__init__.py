"""Written text as it is spoken: numbers, dates, units and signs in words."""
