"""Text of the correct two-layer columns: what stands where a mistake is planted. NumPy's, or of several columns.

A name is that of the quantity its line computes, or says what the line does.
"""

H = "H = X @ W1"
A = "A = sigma(H)"
Y_hat = "Y_hat = A @ W2"
R = "R = Y_hat - Y"
L = "L = (R**2).sum(axis=(-2, -1)) / (2 * N)"
halved_mean = "/ (2 * N)"
N_of_loss = "N = Y.shape[-2]\n    R"
N_of_gradient = "N = Y.shape[-2]\n    H,"
dL_dY_hat = "dL_dY_hat = R / N"
dL_dW2 = "dL_dW2 = A.mT @ dL_dY_hat"
dL_dA = "dL_dA = dL_dY_hat @ W2.mT"
dL_dH = "dL_dH = dL_dA * sigma_prime(A)"
dL_dW1 = "dL_dW1 = X.mT @ dL_dH"

# The activations, and their slopes.
sigma = "1 / (1 + np.exp(-H))"
sigma_prime = "sigma_prime(A)"
sigmoid_slope = "lambda A: A * (1 - A)"
tanh_slope = "lambda A: 1 - A**2"
relu_slope = "np.heaviside(A, 0)"
sigmoid = f'"sigmoid": (sigmoid, {sigmoid_slope})'
tanh = f'"tanh": (np.tanh, {tanh_slope})'
relu = f'"relu": (lambda H: np.maximum(H, 0), lambda A: {relu_slope})'
identity = '"identity": (lambda H: H, np.ones_like)'

# Where a framework has a line of its own.
torch_L = "L = (R**2).sum(dim=(-2, -1)) / (2 * N)"
torch_sigmoid = '"sigmoid": torch.sigmoid'
torch_relu = '"relu": torch.relu'
torch_gradients = "gradients = torch.autograd.grad(L.sum(), (Y_hat, W2, A, H, W1))"
tf_L = "tf.reduce_sum(tf.square(R), axis=(-2, -1)) / (2 * N)"
tf_sigmoid = '"sigmoid": tf.sigmoid'
tf_relu = '"relu": tf.nn.relu'
tf_watch = "tape.watch((W1, W2))"
tf_gradients = "gradients = tape.gradient(L_sum, (Y_hat, W2, A, H, W1))"
jax_sigmoid = '"sigmoid": jax.nn.sigmoid'
jax_relu = '"relu": jax.nn.relu'
jax_next = "return (W1, W2), (W1, W2, L)"

# The update, and the loop around it.
new_W1 = "W1 - lr * T.dL_dW1"
new_W2 = "W2 - lr * T.dL_dW2"
update = f"    return {new_W1}, {new_W2}, T.L"
one_step = "        W1, W2, L = step(X, Y, W1, W2, lr, activation)\n"
keep = "        path.append((W1, W2, L))"
each_step = f"    path = []\n    for _ in range(steps):\n{one_step}"
train = each_step + keep
