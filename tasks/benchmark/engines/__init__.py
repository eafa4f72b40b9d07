"""Engines that speak, and the speech services of others."""
