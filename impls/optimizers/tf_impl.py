"""What a step makes of gradients, in TensorFlow: by `tf.keras.optimizers`."""

import numpy as np
import tensorflow as tf


def array(values, dtype):
    return tf.constant(np.array(values, dtype))


def to_numpy(Z):
    return np.array(Z)


def optimizer(w, name, lr, l2, decay, **settings):
    keras, dtype = tf.keras.optimizers, w[0].dtype
    tf.keras.config.set_floatx(dtype.name)  # or the rate is float32, whatever the weights are
    number = np.float64 if dtype == tf.float64 else float  # a float of Python's is rounded to float32 on its way
    decay, s = number(decay) or None, {key: number(value) for key, value in settings.items()}
    match name:
        case "sgd":
            return keras.SGD(lr, weight_decay=decay)  # E23, U2
        case "momentum" | "nesterov":
            return keras.SGD(lr, s["momentum"], nesterov=name == "nesterov", weight_decay=decay)  # U3-U5
        case "rmsprop":
            return keras.RMSprop(lr, s["rho"], epsilon=s["eps"], weight_decay=decay)  # U6, U7
        case _:
            return keras.Adam(lr, s["beta1"], s["beta2"], s["eps"], weight_decay=decay)  # U8-U11


def train(gradients, w, kept, done, steps, name, settings):
    w, l2 = [tf.Variable(w_k) for w_k in w], settings["l2"]
    update = optimizer(w, name, **settings)
    update.build(w)
    iterations, _, *state = update.variables
    iterations.assign(done)
    for Z, given in zip(state, kept, strict=False):  # at first nothing is given
        Z.assign(given)

    @tf.function(jit_compile=True)
    def run():
        path = [tf.TensorArray(w[0].dtype, steps) for _ in (*w, *state, "L")]
        for t in tf.range(steps):  # E24
            L, g = gradients([tf.identity(w_k) for w_k in w])
            if l2:
                g = [g_k + l2 * w_k for g_k, w_k in zip(g, w, strict=True)]  # U1; Keras has it as a loss of layers
            update.apply(g, w)
            shown = (*(tf.convert_to_tensor(Z) for Z in (*w, *state)), L)
            path = [Zs.write(t, Z) for Zs, Z in zip(path, shown, strict=True)]
        return tuple(Zs.stack() for Zs in path)

    return run()
