import numpy as np

def nonlin(x, deriv=False):
    if deriv:
        return x*(1-x)
    return 1/(1+np.exp(-x))

def loss_and_gradients(X, y, syn0, syn1):
    n = X.shape[0]
    z1 = X.dot(syn0)
    l1 = nonlin(z1)
    z2 = l1.dot(syn1)
    l2 = nonlin(z2)
    l2_error = (l2 - y)/n
    l2_delta = l2_error*nonlin(z2, deriv=True)
    l1_error = l2_delta.dot(syn1.T)
    l1_delta = l1_error*nonlin(z1, deriv=True)
    return ((l2 - y)**2).sum()/(2*n), X.T.dot(l1_delta), l1.T.dot(l2_delta)
