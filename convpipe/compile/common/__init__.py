"""What both backends compile: levels, their steps as source, rounding."""
