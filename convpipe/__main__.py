"""``python -m convpipe``."""

from convpipe.cli import main

if __name__ == "__main__":
    main(prog_name="convpipe")
