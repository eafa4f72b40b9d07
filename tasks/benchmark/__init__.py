"""Building a benchmark: terms, sentences, pronunciations, engines that speak, and the audition."""
