"""How a benchmark is built: its terms, sentences and pronunciations, and what a person hears of them."""
