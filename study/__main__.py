"""`python -m study`: the command line."""

from study.faces.command_line import main

if __name__ == "__main__":
    main()
