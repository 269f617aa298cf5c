"""The twenty commonest mistakes, which the lesson plants, and where the lesson is. It is imported fast."""

FOLDER = "reports/out/lesson"  # where `fourfold lesson` writes it, unless it is told another

# In the order of computation: how people come to make it, and what is seen.
STORIES = {
    "activation forgotten": "The line was to be filled in later. The slope is still the sigmoid's, of numbers it "
    "was not made for: the weights run away.",
    "sign of the residual": "Somebody thinks of an error as target minus prediction. The loss is the same, every "
    "gradient points uphill, and the loss grows.",
    "1/N for 1/(2N)": "The loss is written from memory and its gradient copied from a book. Training is perfect; "
    "only the number that is reported is twice as large.",
    "1/N missing": "With four samples the steps are four times as long. XOR is learned, even sooner: nobody looks "
    "again until the batch has 1,000 samples. At the end the gradients are so small that a tolerance passes them.",
    "factor 2 left over": "The square brings down a 2. The steps are twice as long, and the loss falls, as it should.",
    "½ counted twice": "Half the steps, half the speed. Nothing looks wrong; it only takes longer.",
    "sign of the gradient": "One minus is lost. The loss grows from the first step on: nobody overlooks it for long.",
    "slope at the output too": "The backward pass is copied from a network that ends in a sigmoid. Where a "
    "prediction is above 1 or below 0 that slope is negative, and the weights run away.",
    "float32 leak in the gradient": "One array came from a file or a GPU. Seven digits are left of sixteen, and every "
    "usual tolerance is too wide to see it.",
    "H for A in W2's gradient": "The two arrays stand side by side and have the same shape. The last layer learns "
    "from what has not been through the activation.",
    "only the last sample counts for W2": "In a loop over the samples, = stands where += was meant. The last layer "
    "learns one sample by heart.",
    "W2 forgotten on the way back": "The residual is handed to every hidden unit alike, whatever it counted for. The "
    "loss falls at first as it should, and then hardly.",
    "slope missing": "The chain rule is one factor short. The loss falls at first, so it looks like training, and "
    "then it stays where it is.",
    "slope of σ(A), not of A": "The slope is written for h and is given a. All slopes come out alike, between 0.20 and "
    "0.25, and training gets stuck.",
    "slope of H, not of A": "a(1 - a) is a formula in a. With h in it most slopes are negative: uphill, faster and "
    "faster.",
    "tanh's slope for sigmoid's": "The activation is swapped in the forward pass alone, or the wrong line of a table "
    "is copied. XOR is learned all the same.",
    "1/N twice in W1's gradient": "N was divided by in the first line, and once more in the last. The hidden layer "
    "learns four times too slowly.",
    "W2 updated before W1's gradient": "Each layer is updated as soon as its gradient is there, and W1's gradient is "
    "computed with the new W2. It trains, and a tolerance passes it at one step and not at the next.",
    "ascent": "A plus for a minus in the update: uphill, faster and faster.",
    "gradients not zeroed": "Each step's gradients are added to those of all steps before. The first step is right, "
    "then the loss swings and does not settle.",
}
TWENTY = tuple(STORIES)
