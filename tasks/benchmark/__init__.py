"""How a benchmark is built, whole: terms, sentences, pronunciations, engines that speak, and the audition."""
