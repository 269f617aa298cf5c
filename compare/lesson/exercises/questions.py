"""What the exercises ask; the lesson's page asks it in the same words, and has things to do first.

Tasks are prose, as the lesson's equations are: $W_1$ is mathematics, [E7](#E7) a place on the page.
"""

from typing import NamedTuple


class Exercise(NamedTuple):
    number: int
    title: str
    says: str
    tasks: tuple  # (prose, what to set up in the page's live network, or None)
    onward: tuple  # plain sentences: an equation of the lesson, a command


def live(activation="sigmoid", seed=6, lr=0.1, width=3, data="xor", mistake=""):
    """What to set up in the page's live network: all of it, whatever was chosen before."""
    return {"activation": activation, "seed": seed, "lr": lr, "width": width, "data": data, "mistake": mistake}


EXERCISES = [
    Exercise(
        1,
        "Activations",
        "Train with the identity, ReLU and tanh in place of the sigmoid. Why can the identity not learn XOR, and "
        "where does it end instead? What is ReLU's slope at 0?",
        (
            ("Train with the identity. Write down where the loss stops, and the four predictions.", live("identity")),
            ("Train with ReLU from seed 6, then from 7 and 8. How many of the three learn XOR?", live("relu")),
            ("Train with tanh, then with the sigmoid. How many steps until the loss is below 0.01?", live("tanh")),
            (
                "One input has $h = 0$ in every unit. Find it in [E1](#E1), and its slopes in "
                "[E16](#E16&activation=relu) with ReLU.",
                None,
            ),
        ),
        (
            "E16 of the lesson shows every activation's slope at every sample.",
            "`fourfold train numpy --activation relu --seed 7` trains one network before your eyes.",
        ),
    ),
    Exercise(
        2,
        "Counting parameters",
        "How many weights does this network have? Find the formula for any widths, with and without biases.",
        (
            (
                "Count the lines in the picture of the network, then the numbers in $W_1$ and $W_2$ at [E23](#E23).",
                None,
            ),
            ("Make the network 8 wide. Say how many weights it has now before you count them.", live(width=8)),
            ("Every hidden unit more brings how many weights? And with biases?", None),
        ),
        (
            "E23 of the lesson changes every one of these weights.",
            "`fourfold train numpy --hidden 8` trains a network with more of them.",
        ),
    ),
    Exercise(
        3,
        "Hyper-parameters",
        "Vary learning rate, width and epochs from low to high, with many seeds each. Which has the largest effect? "
        "Say how you measure it.",
        (
            ("Train at a tenth of the rate. How many more steps does the same loss take?", live(lr=0.01)),
            ("Train at a hundred times the rate. What becomes of the loss?", live(lr=10)),
            ("Train two units, then eight. Which learns XOR in 10,000 steps?", live(width=2)),
            ("Now change the seed alone. Is that effect smaller than the others, or larger?", live(seed=5)),
        ),
        (
            "E23 of the lesson is where the learning rate enters.",
            "`fourfold sweep --impl numpy --grid lr=0.1:3:6 --grid hidden=2,3,8` tries a grid of your own.",
        ),
    ),
    Exercise(
        4,
        "Biases",
        "Add a bias to both layers, a number for every unit that is added to its weighted sum. Derive its "
        "gradient, and see what it changes for the identity.",
        (
            ("Train with tanh and watch the prediction for (0, 0). Why does it never move?", live("tanh")),
            ("Now XNOR: the target of (0, 0) is 1. Where does the loss stop?", live("tanh", data="xnor")),
            (
                "A bias is a weight whose input is 1 for every sample: $H = X W_1 + b$. Put that input into "
                "[E19](#E19): what is left of the sum?",
                None,
            ),
        ),
        (
            "E19 of the lesson is ∂L/∂W1: put a column of ones into X, and a bias is one of its weights.",
            "`fourfold train numpy --bias --activation identity` ends at ½ everywhere.",
        ),
    ),
    Exercise(
        5,
        "The decision boundary",
        "Draw it on a finer grid and on a larger square. How do the hyper-parameters change it, and which of two "
        "boundaries that classify all four points would you rather have?",
        (
            ("Train with the sigmoid, then with ReLU. Which boundary has corners, and why?", live("relu")),
            (
                "Train seed 9 until all four inputs are right, then seed 6. Which boundary would you rather have where "
                "an input is a little off?",
                live(seed=9),
            ),
            ("Make the network 8 wide. Does the boundary get closer to the samples, or farther away?", live(width=8)),
        ),
        (
            "E25 and E26 of the lesson are the predictions and the boundary.",
            "`fourfold report --activation relu --extent=-1,2` draws the boundary of every column.",
        ),
    ),
    Exercise(
        6,
        "One more layer",
        "Put a second hidden layer between. Write its forward pass, its gradients and its update, then let the loop "
        "over layers do any depth.",
        (
            (
                "Name the lines that a second hidden layer would repeat: two from [E1](#E1) and [E2](#E2), and "
                "which on the way back?",
                None,
            ),
            (
                "Point at the slopes in [E16](#E16): how large can one be? What is left of a gradient after four such "
                "layers?",
                None,
            ),
            ("Before you go deeper, go wider: what do 8 units in one layer learn that 3 do not?", live(width=8)),
        ),
        (
            "E14 to E19 of the lesson are the lines that a further layer repeats.",
            "`fourfold train numpy --layers 2,3,3,1 --bias` trains it; impls/deep has the loop over layers.",
        ),
    ),
    Exercise(
        7,
        "The chain rule, twice",
        "Check with numbers that E7 and E9 agree for every link of the chain: from the loss to the predictions, to the "
        "activations, to the weighted sums, to the weights.",
        (
            (
                r"Point at $\partial L/\partial w_{2,1}$ in [E7](#E7) and write its sum down; then do the same in "
                "[E9](#E9). Which is a sum over ways, which a row times a column?",
                None,
            ),
            (
                "Now the hidden layer: write row 2 of [E15](#E15) as a sum over the outputs, and as a row times "
                r"$W_2^\top$.",
                None,
            ),
            (
                "Set the digits to *all* and go through the steps. Do the two ever differ, and in which digit "
                "would you look?",
                None,
            ),
        ),
        (
            "E7 and E9 of the lesson are the two forms; E10 to E19 follow the chain link by link.",
            "`fourfold check mine.py` compares your own gradients with the exact ones, and names the wrong line.",
        ),
    ),
]
