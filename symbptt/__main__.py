"""python -m symbptt: the command line."""

from symbptt.cli import main

if __name__ == "__main__":
    main()
