"""What the exercises ask; the lesson's page asks it in the same words."""

from typing import NamedTuple


class Exercise(NamedTuple):
    number: int
    title: str
    says: str
    tasks: tuple = ()  # (prose, what to set up in the live network, or None): to do on the page first


EXERCISES = [
    Exercise(
        1,
        "Activations",
        "Train with the identity, ReLU and tanh in place of the sigmoid. Why can the identity not learn XOR, and "
        "where does it end instead? What is ReLU's slope at 0?",
    ),
    Exercise(
        2,
        "Counting parameters",
        "How many weights does this network have? Find the formula for any widths, with and without biases.",
    ),
    Exercise(
        3,
        "Hyper-parameters",
        "Vary learning rate, width and epochs from low to high, with many seeds each. Which has the largest effect? "
        "Say how you measure it.",
    ),
    Exercise(
        4,
        "Biases",
        "Add a bias to both layers: H = XW + b. Derive its gradient, and see what it changes for the identity.",
    ),
    Exercise(
        5,
        "The decision boundary",
        "Draw it on a finer grid and on a larger square. How do the hyper-parameters change it, and which of two "
        "boundaries that classify all four points would you rather have?",
    ),
    Exercise(
        6,
        "One more layer",
        "Put a second hidden layer between. Write its forward pass, its gradients and its update, then let the loop "
        "over layers do any depth.",
    ),
    Exercise(
        7,
        "The chain rule, twice",
        "Check with numbers that E7 and E9 agree, for L by ŷ, ŷ by A, A by H and H by W1.",
    ),
]
