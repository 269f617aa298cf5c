"""The twenty commonest mistakes, which the lesson plants, and where the lesson is. It is imported fast."""

FOLDER = "reports/out/lesson"  # where `fourfold lesson` writes it, unless it is told another

# In the order of computation: how people come to make it, and what is seen.
STORIES = {
    "activation forgotten": "The line was meant to be filled in later. The slope is still the sigmoid's, but of "
    "numbers it was not made for: the weights blow up.",
    "sign of the residual": "Somebody thinks of an error as target minus prediction. The loss is the same, but every "
    "gradient points uphill, so the loss grows.",
    "1/N for 1/(2N)": "The loss is written from memory and its gradient copied from a book. Training is perfect; "
    "only the reported loss is twice as large.",
    "1/N missing": "With four samples the steps are four times as long. XOR is learned even sooner, so nobody looks "
    "again until the batch has 1,000 samples. At the end the gradients are so small that a tolerance passes them.",
    "factor 2 left over": "The square brings down a 2. The steps are twice as long, and the loss falls, as it should.",
    "½ counted twice": "Half the steps, half the speed. Nothing looks wrong; it only takes longer.",
    "sign of the gradient": "One minus sign is lost. The loss grows from the first step, so nobody misses it for long.",
    "slope at the output too": "The backward pass is copied from a network that ends in a sigmoid. Where a prediction "
    "is above 1 or below 0 that slope is negative, and the weights blow up.",
    "float32 leak in the gradient": "One array came from a file or a GPU. Seven of sixteen digits are left, and every "
    "usual tolerance is too wide to notice.",
    "H for A in W2's gradient": "The two arrays stand side by side and have the same shape. The last layer learns "
    "from numbers that have not been through the activation.",
    "only the last sample counts for W2": "In a loop over the samples, = stands where += was meant. The last layer "
    "learns one sample by heart.",
    "W2 forgotten on the way back": "Every hidden unit gets the same residual, however much it contributed. The loss "
    "falls at first, and then hardly at all.",
    "slope missing": "The chain rule is one factor short. The loss falls at first, so it looks like training, and "
    "then it stops falling.",
    "slope of σ(A), not of A": "The slope is written for h but gets a. All slopes come out nearly equal, between 0.20 "
    "and 0.25, and training gets stuck.",
    "slope of H, not of A": "a(1 - a) is a formula in a. With h in it most slopes are negative, and the loss climbs "
    "faster and faster.",
    "tanh's slope for sigmoid's": "The activation is swapped only in the forward pass, or the wrong line of a table "
    "is copied. XOR is still learned.",
    "1/N twice in W1's gradient": "The first line divides by N, and the last one does so again. The hidden layer "
    "learns four times too slowly.",
    "W2 updated before W1's gradient": "Each layer is updated as soon as its gradient is known, so W1's gradient is "
    "computed with the new W2. It trains, and a tolerance passes one step and fails the next.",
    "ascent": "The update has a plus for a minus: the loss climbs faster and faster.",
    "gradients not zeroed": "Each step's gradients are added to those of all earlier steps. The first step is right; "
    "then the loss swings and does not settle.",
}
TWENTY = tuple(STORIES)
