import numpy as np
np.random.seed(1)

def sigmoid(x): return 1/(1+np.exp(-x))

def step(X, Y, Wh, Wo, lr):
    H = sigmoid(np.dot(X, Wh))      # hidden layer
    Z = np.dot(H, Wo)               # linear output
    E = Y - Z                       # how much we missed
    loss = np.sum(E**2) / 2
    dH = E.dot(Wo.T)
    Wo = Wo + lr * H.T.dot(E)       # update output layer
    Wh = Wh + lr * X.T.dot(dH)      # update hidden layer
    return Wh, Wo, loss

X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
Y = np.array([[0], [1], [1], [0]])
Wh = np.random.uniform(size=(2, 3))
Wo = np.random.uniform(size=(3, 1))
for i in range(50):
    Wh, Wo, loss = step(X, Y, Wh, Wo, 0.1)
print("loss after training:", loss)
