"""How written text is spoken: numbers, dates, units and signs in words."""
