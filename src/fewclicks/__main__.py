"""`python -m fewclicks` is the command line."""

from fewclicks.cli import main

if __name__ == "__main__":
    main()
