"""`fourfold`, and `python -m compare`. Only a door: worker processes import this module anew, and are to stay light."""


def main():
    from compare import signals

    signals.handle(signals.at_once)  # importing the rest takes a while
    from compare.cli import main

    main()


if __name__ == "__main__":
    main()
