"""What is done to the sound of a clip: level, noise, rooms and lines, and whether it is fit for use."""
