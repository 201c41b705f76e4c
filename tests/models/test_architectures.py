import math

import pytest
import torch
from torch import nn

from fewclicks.errors import InvalidInput
from fewclicks.models import architectures
from fewclicks.models.architectures import build, embedded, glorot, head_of, inherit, recipe_of


def n_weights(module):
    return sum(parameter.numel() for parameter in module.parameters())


def test_guided_mnist_layer_for_layer():
    # 28 -> 26 -> 24, pooled to 12
    module = build("guided_mnist", 1, 28, 10)
    kinds = [type(layer).__name__ for layer in module if not isinstance(layer, nn.ReLU)]
    assert kinds == [
        "Conv2d", "Conv2d", "MaxPool2d", "Dropout", "Flatten", "Linear", "Dropout", "Linear",
    ]  # fmt: skip
    by_hand = (9 * 64 + 64) + (64 * 9 * 128 + 128) + (12 * 12 * 128 * 128 + 128) + (128 * 10 + 10)
    assert n_weights(module) == by_hand == 2_435_210
    assert [layer.p for layer in module if isinstance(layer, nn.Dropout)] == [0.25, 0.5]


def test_guided_cifar10_layer_for_layer():
    # 32 -> 32 -> 30, pooled to 15 -> 15 -> 13, pooled to 6
    module = build("guided_cifar10", 3, 32, 10)
    kinds = [
        type(layer).__name__ for layer in module if not isinstance(layer, nn.ReLU | nn.Flatten)
    ]
    block = ["Conv2d", "Conv2d", "MaxPool2d", "Dropout"]
    assert kinds == [*block, *block, "Linear", "Dropout", "Linear"]
    assert len(kinds) == 11
    convolutions = (27 * 32 + 32) + (288 * 32 + 32) + (288 * 64 + 64) + (576 * 64 + 64)
    assert n_weights(module) == convolutions + (6 * 6 * 64 * 512 + 512) + (512 * 10 + 10)


@pytest.mark.parametrize("name", architectures.ARCHITECTURES)
@pytest.mark.parametrize(("n_channels", "side"), [(1, 28), (3, 32), (1, 64), (3, 10)])
def test_takes_grey_and_colour_of_any_side(name, n_channels, side):
    module = build(name, n_channels, side, 4)
    assert module(torch.rand(2, n_channels, side, side)).shape == (2, 4)


@pytest.mark.parametrize("name", architectures.ARCHITECTURES)
def test_smallest_side_is_taken_and_a_smaller_one_refused(name):
    smallest = architectures.ARCHITECTURES[name][2]
    assert build(name, 1, smallest, 2)(torch.rand(2, 1, smallest, smallest)).shape == (2, 2)
    with pytest.raises(InvalidInput, match=f"at least {smallest} pixels"):
        build(name, 1, smallest - 1, 2)


def test_small_is_small():
    assert n_weights(build("small", 1, 28, 10)) == 68_266


def test_glorot_bounds_weights_by_fan_in_and_fan_out():
    layer = nn.Linear(300, 100)
    glorot(layer)
    bound = math.sqrt(6 / 400)
    assert layer.weight.abs().max() <= bound
    assert layer.weight.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.02)
    assert not layer.bias.any()


def test_embedding_is_what_goes_into_the_head(monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)  # all in single precision
    module = build("small", 1, 28, 5).eval()
    batch = torch.rand(3, 1, 28, 28)
    rows = embedded(module, batch)
    assert rows.shape == (3, 256)
    torch.testing.assert_close(head_of(module)(rows), module(batch))


def test_inherited_weights_follow_their_class():
    old, new = (nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, n)) for n in (2, 3))
    drawn = new[2].weight[1].clone()
    inherit(new, old, {0: 0, 1: 2})  # a class between the two has appeared
    torch.testing.assert_close(new[0].weight, old[0].weight)
    torch.testing.assert_close(new[2].weight[[0, 2]], old[2].weight)
    torch.testing.assert_close(new[2].bias[[0, 2]], old[2].bias)
    torch.testing.assert_close(new[2].weight[1], drawn)


def test_a_callable_is_built_and_trained_as_small():
    made = build(lambda c, side, k: nn.Sequential(nn.Flatten(), nn.Linear(c * side**2, k)), 1, 4, 2)
    assert made(torch.rand(1, 1, 4, 4)).shape == (1, 2)
    assert recipe_of(lambda c, side, k: made) == recipe_of("small")


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (nn.Sequential(nn.Flatten()), "must end in a linear layer"),
        (nn.Linear(16, 5), "must have 2 outputs"),
        ("small", "must give a torch.nn.Module"),
    ],
)
def test_callables_that_give_no_classifier_are_refused(made, message):
    with pytest.raises(InvalidInput, match=message):
        build(lambda c, side, k: made, 1, 4, 2)


def test_unknown_names_are_refused():
    with pytest.raises(InvalidInput, match="architecture must be one of small, embedding"):
        build("large", 1, 28, 2)
