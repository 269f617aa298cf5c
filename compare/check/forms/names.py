"""What people call things in a backward pass: data, targets, parameters, gradients, functions."""

import re


def _words(text):
    return frozenset(text.split())


DATA = _words(
    "x xs x0 xb inputs input inp data features feature feats a0 images image sample samples xtrain xbatch trainx xi "
    "xin inputdata xdata observations points inputbatch batchx examples inputvector l0 layer0 inputlayer "
    "batchinputs u0 "
    "xsample design designmatrix phi xx datain vectors inputvector inputslist xvec inputrow"
)
TARGETS = _words(
    "t ts target targets ytrue label labels yy y ys ytrain ybatch yb trainy truth "
    "groundtruth expected desired onehot yonehot tgt yi gt ydata batchy targetvector actual ytarget yactual answers "
    "tt classes outcome response yreal ylabels "
    "onehotlabels expectedoutput desiredoutput targetoutput correct teacher tgts labs"
)
SURE_TARGETS = TARGETS - _words("y ys yb yi yy")  # where both are there, y is what the network gives
PAIRS = _words("minibatch batch trainingdata dataset pairs trainset trainingset traindata databatch")
RATES = _words("lr alpha eta learningrate rate learnrate stepsize lrate η α")
STEPS = _words(
    "steps epochs nepochs numepochs iterations niter numiterations numiter iters niters maxiter nsteps numsteps "
    "epoch nits nepoch maxiters maxepochs numiters passes numpasses niterations"
)
SCALARS = _words(
    "reg lam lambda lambd lmbda l2 l2reg reglambda regularization regularisation weightdecay wd decay momentum mu eps "
    "epsilon slope leak delta temperature penalty regstrength beta1 beta2 leakyslope negativeslope l1 lamb lmd λ tau "
    "strength l2lambda regularizer margin"
)
DECAYS = _words("decay decayrate rho beta2 gamma beta")  # of an average of squared gradients
EPSILONS = _words("eps epsilon")
KEPT = _words("keepprob keep dropoutkeep pkeep")  # probabilities of staying
COUNTS = _words("m n batchsize numsamples nsamples numexamples nexamples samplecount numtrain size mbatch")
IN_SIZES = _words(
    "nx nin din inputsize inputdim inputlayersize nfeatures numfeatures nipt ninput numinputs ninputs dimin"
)
HIDDEN_SIZES = _words("nh hiddensize hiddendim hiddenlayersize nhidden numhidden hdim hiddenunits nhid")
OUT_SIZES = _words(
    "ny nout outputsize outputdim outputlayersize numlabels numclasses nclasses nlabels noutput "
    "numoutputs noutputs ncls"
)
LAYER_COUNTS = _words("nlayers numlayers depth layercount")
CACHES = _words(
    "cache caches memory mem activations ctx context intermediates intermediate stored fwd forwardcache saved tape "
    "forwardpass values acts memo state states zs outs outputs layeroutputs hiddens kept store trace forwardresult res"
)
PREDICTIONS = _words(
    "yhat ypred pred preds prediction predictions predicted output out probs prob p probabilities scores logits o "
    "al aout final result hypothesis ŷ yout outp guess estimate netout yp outputlayer softmaxoutput"
)
OUTPUT_GRADIENTS = _words(
    "dout gradoutput gradout dal dyhat dypred dl delta error err upstream dscores dpred dloss doutput "
    "outputgradient dp grady gradypred lossgrad dy dlogits dz gradloss outputerror"
)
NETWORKS = _words("network net nn neuralnetwork model mlp ann params parameters layers")  # all parameters
CONTAINERS = _words(
    "params parameters param model net network theta thetas weights wts p nn layers w ws pars par coefficients state "
    "neuralnetwork paramdict weightdict nnparams parametersdict mlp variables θ"
)
BIASES = re.compile(r"(b|bs|bias|biases|intercepts?|offsets?|beta|c|β)((_|\d|h|o|z|y).*)?", re.IGNORECASE)
WEIGHTS = re.compile(
    r"(w|ws|wts|weights?|kernel|matrix|mat|theta|thetas|syn|synapse|u|v|m|θ|coef)((_|\d|[a-z]{1,3}$).*)?", re.IGNORECASE
)
BIAS_LAST = re.compile(r"[a-z0-9]_?(bias|biases)$|_b$", re.IGNORECASE)
WEIGHT_LAST = re.compile(r"[a-z0-9]_?(weights?|kernel|matrix)$|_[wW]$", re.IGNORECASE)
VALUE = re.compile(
    r"(a|z|h|s|o|u|l|net|act|layer|hidden|out|relu|sig|tanh)_?(\d|[lL]$|in$|out$|prev$).*", re.IGNORECASE
)
LOSS_WORDS = (
    r"loss|cost|objective|nll|entropy|xent|bce|hinge|huber|mse|sse|energy|criterion|likelihood|risk|error|history"
    r"|^[jle]$|^ce$|^bce$"
)
LOSS = re.compile(LOSS_WORDS, re.IGNORECASE)
GRADIENTS = re.compile(r"grad|back|bprop|deriv|nabla|bp|adjoint|vjp|propagate$", re.IGNORECASE)
BEST = ("gradients", "gradient", "backward", "grads", "grad", "backprop", "backpropagation", "backward_propagation")
FORWARD = re.compile(
    r"forward|predict|feed|fprop|infer|model|net|hypothesis|apply|run|propagat|fwd|ff|output", re.IGNORECASE
)
UPDATES = re.compile(r"step|train|update|fit|sgd|learn|optimi|backprop|descent|epoch|propagat", re.IGNORECASE)
NUMERICAL = re.compile(
    r"numer|check|finite|approx|test|verify|plot|^init|^load|^make|^create|^one_?hot|accuracy|^example$", re.I
)
PREFIX = re.compile(
    r"(dl_?d_?|dj_?d_?|dc_?d_?|de_?d_?|dloss_?d?_?|dcost_?d?_?|d_?loss_d_?|grads?_?(wrt_)?|gradients?_?|nabla_?|delta_?"
    r"|diff_?|∂l?_?∂?|partial_?|d_?|g_?)(?=.)",
    re.IGNORECASE,
)
SUFFIX = re.compile(r"(?<=.)(_?grads?|_?gradients?|_g|_d|_?delta|_bar)$", re.IGNORECASE)


def plain(name):
    """A name as it is compared: small letters, no underscores."""
    return name.replace("_", "").lower()


def is_one(name, words):
    """Whether a name is one of some words; a trailing number or a leading "the" or "my" changes nothing."""
    return plain(name) in words


def is_bias(name):
    """Whether it is a bias, or several: b1, bias_2, hidden_bias, b."""
    return BIASES.fullmatch(name) is not None or BIAS_LAST.search(name) is not None


def is_weight(name):
    """Whether it is a matrix of weights, or several: W1, theta, hidden_weights, w."""
    return (WEIGHTS.fullmatch(name) is not None or WEIGHT_LAST.search(name) is not None) and not BIAS_LAST.search(name)


def is_value(name):
    """Whether it is what a forward pass keeps: A1, z2, hidden, y_hat, cache."""
    return VALUE.fullmatch(name) is not None or is_one(name, CACHES | PREDICTIONS)


def stripped(name):
    """What a gradient's name may be the gradient of: "dL_dW1" -> "w1"; all that it may mean."""
    meant = {plain(name)}
    for start in PREFIX.finditer(name[:12]):
        if start.start() == 0:
            meant.add(plain(name[start.end() :]))
    for prefix in ("d", "d_", "g", "g_", "grad", "grad_"):
        if name.lower().startswith(prefix) and len(name) > len(prefix):
            meant.add(plain(name[len(prefix) :]))
    if SUFFIX.search(name):
        meant.add(plain(SUFFIX.sub("", name)))
    return meant


def base(parameter):
    """'params["W1"]' -> "W1"."""
    inside = re.search(r'\["(.*?)"\]$', parameter)
    if inside:
        return inside[1]
    return parameter.rpartition(".")[2] if re.fullmatch(r"[\w.]+", parameter) else parameter


def belongs(gradient, parameter):
    """Whether a name is that of the gradient of a parameter."""
    return plain(base(parameter)) in stripped(gradient)


def layer_of(name):
    """Where a parameter's name puts it in the order of layers: a number, or None."""
    digits = re.findall(r"\d+", name)
    if digits:
        return int(digits[-1])
    tail = re.sub(r"_?(weights?|kernel|matrix|bias|biases|w|b)$", "", name, flags=re.IGNORECASE) or name
    tail = plain(tail)
    for rank, ends in enumerate(
        (("xh", "ih", "in", "input", "hidden", "h", "first"), ("ho", "hy", "out", "output", "o", "y", "z"))
    ):
        if tail.endswith(ends):
            return rank
    return None
