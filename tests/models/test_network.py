import pickle
import weakref
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from torch import nn

from fewclicks.devices import as_float, device_of
from fewclicks.errors import FewclicksError, InvalidInput, NotFound
from fewclicks.models import Augmentation, FineTuned, Inductive, Network
from fewclicks.models.lessons import answers_of, split
from fewclicks.models.tensors import foretold

SIDE = 12


def images_of(codes, *, seed=0, channels=None):
    """Noisy bars (class 0), crosses (1) and squares (2)."""
    rng = np.random.default_rng(seed)
    drawn = np.zeros((3, SIDE, SIDE))
    drawn[:2, 2:10, 5:7] = drawn[1, 5:7, 2:10] = 180
    drawn[2, 3:9, 3:9] = 180
    moved = np.stack([np.roll(drawn[c], rng.integers(-1, 2, 2), (0, 1)) for c in codes])
    noisy = np.clip(moved + rng.normal(20, 20, moved.shape), 0, 255).astype(np.uint8)
    return noisy if channels is None else np.repeat(noisy[..., None], channels, axis=3)


CODES = np.arange(90) % 3
IMAGES = images_of(CODES)
IDS = np.array([4, 7, 9])[CODES]
quick = partial(Network, epochs=3, min_steps=60, batch_size=32, device="cpu")


def brighter(batch, generator):
    drawn = torch.rand(len(batch), 1, 1, 1, generator=generator, device=batch.device)
    return batch * (0.5 + 0.5 * drawn)


def flat(n_channels, side, n_classes):
    return nn.Sequential(nn.Flatten(), nn.Linear(n_channels * side**2, n_classes))


def stop_at(n):
    def report(step, done, total):
        if done >= n:
            raise KeyboardInterrupt

    return report


@pytest.fixture(scope="module")
def fitted():
    return quick(augment=brighter).fit(IMAGES, IDS)


def test_learns_what_it_is_shown(fitted):
    fresh = np.arange(60) % 3
    guessed = fitted.predict(images_of(fresh, seed=1))
    assert (guessed == np.array([4, 7, 9])[fresh]).mean() >= 0.95
    assert fitted.classes_.tolist() == [4, 7, 9]
    assert isinstance(fitted, Inductive)
    assert fitted.losses_[-1] < fitted.losses_[0] / 3
    assert fitted.finished_


def test_shares_sum_to_one_and_agree_with_the_embedding(fitted):
    shares = fitted.predict_proba(IMAGES)
    assert shares.dtype == np.float32
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-5)
    head = fitted.module_[-1]
    logits = fitted.transform(IMAGES) @ head.weight.detach().numpy().T + head.bias.detach().numpy()
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(shares, expected, atol=1e-5)


def test_learns_from_answered_images_only():
    y = IDS.copy()
    y[::2] = -1
    spoilt = IMAGES.copy()
    spoilt[::2] = 255
    first, second = quick().fit(IMAGES, y), quick().fit(spoilt, y)
    np.testing.assert_array_equal(first.predict_proba(IMAGES), second.predict_proba(IMAGES))


def test_the_same_seed_gives_the_same_network_and_another_another(fitted):
    again = quick(augment=brighter).fit(IMAGES, IDS)
    np.testing.assert_array_equal(again.predict_proba(IMAGES), fitted.predict_proba(IMAGES))
    other = quick(augment=brighter, random_state=1).fit(IMAGES, IDS)
    assert (other.predict_proba(IMAGES) != fitted.predict_proba(IMAGES)).any()


def test_global_randomness_is_left_alone(fitted):
    torch_before, numpy_before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    quick("guided_mnist", epochs=1, min_steps=0, augment=brighter).fit(IMAGES, IDS)
    fitted.predict_augmented(IMAGES)
    assert torch.equal(torch_before, torch.get_rng_state())
    np.testing.assert_array_equal(numpy_before, np.random.get_state()[1])  # noqa: NPY002


def test_blocks_give_what_one_pass_gives(fitted, monkeypatch):
    whole = fitted.predict_proba(IMAGES)
    monkeypatch.setattr("fewclicks.models.tensors.PREDICT_ROWS", 7)
    np.testing.assert_allclose(fitted.predict_proba(IMAGES), whole, atol=1e-6)
    assert fitted.predict_proba(IMAGES[:0]).shape == (0, 3)
    assert fitted.transform(IMAGES[:0]).shape == (0, 256)


def test_memory_maps_do(fitted, tmp_path, monkeypatch):
    np.save(tmp_path / "images.npy", IMAGES)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    np.testing.assert_array_equal(fitted.predict_proba(mapped), fitted.predict_proba(IMAGES))
    monkeypatch.setattr("fewclicks.models.tensors.RESIDENT_BYTES", 0)  # each batch is read
    again = quick(augment=brighter).fit(mapped, IDS)
    np.testing.assert_array_equal(again.predict_proba(IMAGES), fitted.predict_proba(IMAGES))


def test_new_views_are_drawn_by_the_seed(fitted):
    first = fitted.predict_augmented(IMAGES, random_state=1)
    np.testing.assert_array_equal(first, fitted.predict_augmented(IMAGES, random_state=1))
    assert (first != fitted.predict_augmented(IMAGES, random_state=2)).any()
    assert (first != fitted.predict_proba(IMAGES)).any()
    np.testing.assert_allclose(first.sum(axis=1), 1, rtol=1e-5)
    plain = quick().fit(IMAGES, IDS)
    np.testing.assert_array_equal(plain.predict_augmented(IMAGES), plain.predict_proba(IMAGES))


@pytest.mark.parametrize("augment", ["glyphs", "guided_glyphs", "photos", "guided_photos"])
def test_augmentations_by_name(augment):
    network = quick(augment=augment, epochs=1, min_steps=0).fit(IMAGES, IDS)
    assert network.predict_augmented(IMAGES).shape == (90, 3)


@pytest.fixture(params=[{"avx512_bf16": True}, {"amx_bf16": True}, {}], ids=["avx", "amx", "none"])
def seen(request, monkeypatch):
    """Types of number that come out of convolutions, on a CPU of these capabilities."""
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: request.param)
    found = {"quick": bool(request.param), "types": set()}
    convolve = nn.Conv2d.forward

    def forward(layer, batch):
        out = convolve(layer, batch)
        found["types"].add(out.dtype)
        return out

    monkeypatch.setattr(nn.Conv2d, "forward", forward)
    return found


def test_bfloat16_where_the_cpu_multiplies_it_quicker(seen):
    network = quick().fit(IMAGES, IDS, validation=(IMAGES[:30], IDS[:30]))
    proba = network.predict_proba(IMAGES)
    assert seen["types"] == {torch.bfloat16 if seen["quick"] else torch.float32}
    assert (network.predict(images_of(CODES, seed=3)) == IDS).mean() > 0.9
    assert network.transform(IMAGES).dtype == proba.dtype == np.float32
    with torch.inference_mode():
        exact = network.module_(as_float(torch.from_numpy(IMAGES))).softmax(1).numpy()
    np.testing.assert_allclose(proba, exact, atol=0.05 if seen["quick"] else 1e-6)
    # the last layer has all digits: eight bits would let images tie
    logits = torch.from_numpy(network._foretold(IMAGES, network._logits))
    assert (logits != logits.bfloat16().float()).float().mean() > 0.9


def test_views_are_drawn_alike_whatever_the_cpu_can(monkeypatch):
    shown = []

    def spying(batch, generator):
        shown.append(Augmentation(rotation_degrees=20, scale=(0.8, 1.2))(batch, generator))
        return shown[-1]

    network = quick(epochs=1, min_steps=0).fit(IMAGES, IDS).set_params(augment=spying)
    for can in ({"avx512_bf16": True}, {}):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda can=can: can)
        network.predict_augmented(IMAGES)
    assert torch.equal(*shown)


def test_an_older_torch_cannot_tell_what_the_cpu_can(monkeypatch):
    monkeypatch.delattr(torch.cpu, "get_capabilities")
    assert quick(epochs=1).fit(IMAGES, IDS).predict_proba(IMAGES).shape == (90, 3)


def test_threads_that_predict_at_once_do_not_mix(fitted):
    others = [images_of(CODES, seed=seed) for seed in range(6)]
    alone = [fitted.predict_proba(images) for images in others]
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(fitted.predict_proba, others))
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_a_frozen_backbone_computes_in_bfloat16_too(seen):
    def backbone():
        return nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 8, 3))

    tuned = FineTuned(backbone(), frozen_epochs=40, side=SIDE, device="cpu").fit(IMAGES, IDS)
    assert (torch.bfloat16 in seen["types"]) == seen["quick"]
    assert {parameter.dtype for parameter in tuned.module_.parameters()} == {torch.float32}
    assert tuned.predict_proba(IMAGES).dtype == np.float32


def test_colour_images():
    network = quick(epochs=1).fit(images_of(CODES, channels=3), IDS)
    assert network.image_shape_ == (3, SIDE)
    assert (network.predict(images_of(CODES, seed=2, channels=3)) == IDS).mean() > 0.9


@pytest.mark.parametrize(
    ("other", "came"),
    [
        (np.zeros((2, 14, 14), np.uint8), "14 × 14 grey"),
        (np.zeros((2, SIDE, SIDE, 3), np.uint8), "12 × 12 colour"),
    ],
)
def test_images_of_another_form_are_refused(fitted, other, came):
    for ask in (fitted.predict_proba, fitted.predict, fitted.transform, fitted.predict_augmented):
        with pytest.raises(InvalidInput, match=f"must be 12 × 12 grey, as in fit, but are {came}"):
            ask(other)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (IMAGES.astype(np.float32), "must be uint8"),
        (IMAGES[0], "must be uint8 of shape"),
        (np.zeros((2, 12, 12, 4), np.uint8), "must be uint8 of shape"),
        (np.zeros((2, 12, 10), np.uint8), "must be square but are 10 wide and 12 high"),
    ],
)
def test_images_of_no_known_form_are_refused(bad, message):
    with pytest.raises(InvalidInput, match=message):
        quick().fit(bad, np.zeros(len(bad), int))


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.full(90, -1), "at least one answer"),
        (IDS[:5], "images has 90 rows but y has 5"),
        (IDS.astype(float), "one whole number per image"),
        (IDS[:, None], "one whole number per image"),
    ],
)
def test_answers_that_do_not_fit_are_refused(y, message):
    with pytest.raises(InvalidInput, match=message):
        quick().fit(IMAGES, y)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"epochs": 0}, "epochs must be between 1"),
        ({"batch_size": 2.5}, "batch_size must be a whole number"),
        ({"learning_rate": -1}, "learning_rate must be between"),
        ({"validation": 1.0}, "validation must be between"),
        ({"patience": -1}, "patience must be between"),
        ({"min_steps": -1}, "min_steps must be between"),
        ({"balance": "heavy"}, "balance must be one of none, weights, undersample, sampling"),
        (
            {"augment": "blur"},
            "augment must be one of glyphs, guided_glyphs, photos, guided_photos",
        ),
        ({"random_state": -1}, "random_state must be between"),
        ({"device": "abacus"}, "device must be one of auto, cuda, mps, cpu"),
        ({"device": "auto:1"}, "device must be one of auto, cuda, mps, cpu"),
        ({"device": "cuda:x"}, "device must end in a number"),
        ({"architecture": "huge"}, "architecture must be one of"),
    ],
)
def test_parameters_out_of_range_are_refused(parameters, message):
    with pytest.raises(InvalidInput, match=message):
        Network(**parameters).fit(IMAGES, IDS)


def test_views_need_a_seed_that_is_one(fitted):
    with pytest.raises(InvalidInput, match="random_state must be a whole number"):
        fitted.predict_augmented(IMAGES, random_state=0.5)


def test_a_device_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InvalidInput, match="this machine has none"):
        device_of("cuda")
    assert device_of("auto").type in ("cpu", "mps")


@pytest.mark.parametrize("weight", [-1.0, np.nan, 0.0])
def test_weights_that_are_none_are_refused(weight):
    with pytest.raises(InvalidInput, match="sample_weight must be finite"):
        quick().fit(IMAGES, IDS, sample_weight=np.full(90, weight))


def test_weights_count_in_proportion():
    even, doubled = (
        quick().fit(IMAGES, IDS, sample_weight=np.full(90, weight)) for weight in (1, 4)
    )
    np.testing.assert_array_equal(even.predict_proba(IMAGES), doubled.predict_proba(IMAGES))


def test_what_weighs_nothing_is_not_learnt():
    wrong = np.where(np.arange(90) < 30, 4, IDS)  # the first third is said to be of class 4
    weight = np.where(np.arange(90) < 30, 0.0, 1.0)
    network = quick().fit(IMAGES, wrong, sample_weight=weight)
    assert (network.predict(IMAGES) == IDS).mean() > 0.95


@pytest.mark.parametrize("balance", ["weights", "undersample", "sampling"])
def test_rare_classes_are_learnt(balance):
    y = IDS.copy()
    y[np.flatnonzero(IDS == 9)[3:]] = -1
    network = quick(balance=balance).fit(IMAGES, y)
    assert (network.predict(IMAGES)[IDS == 9] == 9).mean() > 0.9


def test_one_class_and_one_example():
    one = quick(epochs=1, min_steps=2).fit(IMAGES[:1], [5])
    np.testing.assert_array_equal(one.predict_proba(IMAGES[:4]), np.ones((4, 1)))
    y = np.where(np.arange(90) == 2, 9, np.where(CODES == 0, 4, -1))
    lone = quick(validation=0.5).fit(IMAGES, y)
    assert lone.predict(IMAGES[[2, 0]]).tolist() == [9, 4]


def test_a_given_validation_set_decides():
    validation = (images_of(CODES, seed=3), IDS)
    network = quick(epochs=12, min_steps=0, patience=4).fit(IMAGES, IDS, validation=validation)
    assert len(network.accuracies_) == len(network.losses_) <= 12
    assert network.best_epoch_ == np.argmax(network.accuracies_) + 1
    assert (network.predict(validation[0]) == IDS).mean() == max(network.accuracies_)


def test_validation_answers_of_unknown_classes_are_mistakes():
    validation = (IMAGES[:6], np.full(6, 1000))
    network = quick(epochs=2, min_steps=0).fit(IMAGES, IDS, validation=validation)
    assert network.accuracies_ == [0, 0]


def test_validation_images_of_another_form_are_refused():
    with pytest.raises(InvalidInput, match="The images of validation must be 12 × 12 grey"):
        quick().fit(IMAGES, IDS, validation=(np.zeros((2, 9, 9), np.uint8), [4, 7]))
    with pytest.raises(InvalidInput, match="the y of validation must hold at least one answer"):
        quick().fit(IMAGES, IDS, validation=(IMAGES[:2], [-1, -1]))


def test_a_held_out_share_is_of_every_class_alike():
    y = np.array([0] * 600 + [1] * 300 + [2] * 100 + [3])
    answers = answers_of(np.zeros((1001, 4, 4), np.uint8), y, None)
    kept, held = split(answers, 0.1, random_state=0)
    counts = np.bincount(held.codes, minlength=4)
    assert abs(counts - [60, 30, 10, 0]).max() <= 1
    assert counts[3] == 0
    np.testing.assert_array_equal(np.sort(np.concatenate([kept.rows, held.rows])), np.arange(1001))
    other = split(answers, 0.1, random_state=1)[1]
    assert (other.rows[:20] != held.rows[:20]).any()


def test_too_few_answers_are_all_learnt_from():
    answers = answers_of(IMAGES, IDS, None)
    assert split(answers, 0.1, random_state=0) == (answers, None)
    assert quick(validation=0.1).fit(IMAGES, IDS).accuracies_ == []


def test_every_class_keeps_an_answer_to_learn_from():
    answers = answers_of(np.zeros((80, 4, 4), np.uint8), np.arange(80) // 2, None)
    kept, held = split(answers, 0.9, random_state=0)
    assert set(kept.codes) == set(range(40))
    assert len(held.codes) >= 20


def test_warm_start_goes_on_and_grows_the_head():
    y = np.where(IDS == 7, -1, IDS)  # 7 lies between the two known classes
    network = quick(warm_start=True).fit(IMAGES, y)
    before = network.module_[-1].weight.detach().clone()
    network.set_params(learning_rate=1e-9).fit(IMAGES, IDS)
    assert network.classes_.tolist() == [4, 7, 9]
    np.testing.assert_allclose(network.module_[-1].weight.detach()[[0, 2]], before, atol=1e-6)
    network.set_params(learning_rate=None).fit(IMAGES, IDS)
    assert (network.predict(IMAGES) == IDS).mean() > 0.95
    network.fit(IMAGES, y)
    assert network.classes_.tolist() == [4, 9]
    with pytest.raises(InvalidInput, match="as in fit"):
        network.fit(np.zeros((2, 9, 9), np.uint8), [1, 2])


def test_without_warm_start_a_fit_starts_afresh(fitted):
    twice = quick(augment=brighter).fit(IMAGES[::-1], IDS[::-1]).fit(IMAGES, IDS)
    np.testing.assert_array_equal(twice.predict_proba(IMAGES), fitted.predict_proba(IMAGES))


def test_ctrl_c_leaves_the_best_weights_so_far():
    network = quick(epochs=10, min_steps=0)
    with pytest.raises(KeyboardInterrupt):
        network.fit(IMAGES, IDS, report=stop_at(15))  # three steps are an epoch
    assert not network.finished_
    assert len(network.losses_) == network.best_epoch_ == 4
    assert network.predict(IMAGES).shape == (90,)


def test_ctrl_c_in_the_first_epoch_leaves_what_was(fitted):
    network = quick()
    with pytest.raises(KeyboardInterrupt):
        network.fit(IMAGES, IDS, report=stop_at(0))
    with pytest.raises(NotFittedError):
        network.predict(IMAGES)
    copy = pickle.loads(pickle.dumps(fitted))
    with pytest.raises(KeyboardInterrupt):
        copy.fit(IMAGES, np.zeros(90, int), report=stop_at(0))
    np.testing.assert_array_equal(copy.predict_proba(IMAGES), fitted.predict_proba(IMAGES))


def test_a_diverging_network_says_so_and_keeps_what_it_had(fitted):
    network = clone(fitted).fit(IMAGES, IDS)
    with pytest.raises(FewclicksError, match="lower learning_rate"):
        network.set_params(learning_rate=1e9, architecture=exploding).fit(IMAGES, IDS)
    np.testing.assert_array_equal(network.predict_proba(IMAGES), fitted.predict_proba(IMAGES))


def exploding(n_channels, side, n_classes):
    return nn.Sequential(
        *[flat(n_channels, side, side**2) for _ in range(8)], flat(1, side, n_classes)
    )


@pytest.fixture
def every_epoch(monkeypatch):
    """Write a checkpoint after every epoch, however short."""
    monkeypatch.setattr("fewclicks.models.training.CHECKPOINT_SECONDS", 0)


def test_checkpoints_resume_and_are_removed(tmp_path, fitted, every_epoch):
    path = tmp_path / "training.pt"
    network = quick(augment=brighter, checkpoint=path)
    with pytest.raises(KeyboardInterrupt):
        network.fit(IMAGES, IDS, report=stop_at(20))
    assert path.exists()
    told = []
    another = quick(augment=brighter, checkpoint=path)
    another.fit(IMAGES, IDS, report=lambda step, done, total: told.append(done))
    assert told[0] >= 15
    np.testing.assert_array_equal(another.predict_proba(IMAGES), fitted.predict_proba(IMAGES))
    assert not path.exists()


def test_a_checkpoint_of_other_answers_is_not_used(tmp_path):
    path = tmp_path / "training.pt"
    with pytest.raises(KeyboardInterrupt):
        quick(checkpoint=path).fit(IMAGES, IDS, report=stop_at(20))
    told = []
    other = np.where(np.arange(90) == 5, 4, IDS)
    quick(checkpoint=path).fit(IMAGES, other, report=lambda *args: told.append(args[1]))
    assert told[0] == 0


def test_saved_and_loaded_is_the_same(fitted, tmp_path):
    network = quick(augment=Augmentation(rotation_degrees=5), checkpoint=tmp_path / "c")
    network.fit(IMAGES, IDS).save(tmp_path / "network.pt")
    loaded = Network.load(tmp_path / "network.pt")
    np.testing.assert_array_equal(loaded.predict_proba(IMAGES), network.predict_proba(IMAGES))
    np.testing.assert_array_equal(
        loaded.predict_augmented(IMAGES, 3), network.predict_augmented(IMAGES, 3)
    )
    assert loaded.get_params() == {**network.get_params(), "checkpoint": None}
    assert loaded.losses_ == network.losses_
    assert loaded.classes_.dtype == network.classes_.dtype


def test_callables_are_given_again_when_loaded(tmp_path):
    path = tmp_path / "network.pt"
    network = quick(flat, augment=brighter).fit(IMAGES, IDS)
    network.save(path)
    with pytest.raises(InvalidInput, match="could not hold architecture, augment"):
        Network.load(path)
    loaded = Network.load(path, architecture=flat, augment=brighter)
    np.testing.assert_array_equal(loaded.predict_proba(IMAGES), network.predict_proba(IMAGES))
    with pytest.raises(InvalidInput, match="must fit the architecture"):
        Network.load(path, architecture="small", augment=None)


def test_files_that_hold_no_network_are_refused(fitted, tmp_path):
    with pytest.raises(NotFound, match="There is no file"):
        Network.load(tmp_path / "nothing.pt")
    (tmp_path / "text.pt").write_text("nothing of the kind")
    with pytest.raises(InvalidInput, match="cannot be read"):
        Network.load(tmp_path / "text.pt")
    torch.save({"other": 1}, tmp_path / "other.pt")
    with pytest.raises(InvalidInput, match="must hold a Network"):
        Network.load(tmp_path / "other.pt")
    quick().fit(IMAGES, IDS).save(tmp_path / "network.pt")
    with pytest.raises(InvalidInput, match="must hold a FineTuned"):
        FineTuned.load(tmp_path / "network.pt")


def test_a_file_cannot_run_anything(tmp_path):
    class Evil:
        def __reduce__(self):
            return print, ("run",)

    torch.save({"weights": Evil()}, tmp_path / "evil.pt")
    with pytest.raises(InvalidInput, match="cannot be read"):
        Network.load(tmp_path / "evil.pt")


def test_scikit_learn_manners(fitted):
    copy = clone(fitted)
    assert copy.get_params() == fitted.get_params()
    assert not hasattr(copy, "module_")
    with pytest.raises(NotFittedError):
        copy.predict(IMAGES)
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict_proba(IMAGES), fitted.predict_proba(IMAGES))


def test_pixels_by_hand():
    colour = np.arange(12, dtype=np.uint8).reshape(1, 2, 2, 3)
    batch = as_float(torch.from_numpy(colour))
    assert batch.shape == (1, 3, 2, 2)
    torch.testing.assert_close(batch[0, 1], torch.tensor([[1.0, 4.0], [7.0, 10.0]]) / 255)
    grey = foretold(lambda b: b.flatten(1), np.full((3, 2, 2), 255, np.uint8), torch.device("cpu"))
    np.testing.assert_array_equal(grey, np.ones((3, 4)))


def test_blocks_are_not_held_beside_what_they_are_put_into(monkeypatch):
    monkeypatch.setattr("fewclicks.models.tensors.PREDICT_ROWS", 10)
    given, held = [], []

    def forward(batch):
        held.append(sum(one() is not None for one in given))
        rows = batch.flatten(1).numpy().copy()
        given.append(weakref.ref(rows))
        return torch.from_numpy(rows)

    out = foretold(forward, IMAGES, torch.device("cpu"))
    np.testing.assert_allclose(out, IMAGES.reshape(90, -1) / 255, rtol=1e-6)
    assert max(held) <= 1


def test_digits(data_dir):
    import gzip

    def read(name, head):
        raw = gzip.decompress((data_dir / "mnist" / name).read_bytes())
        return np.frombuffer(raw, np.uint8, offset=head)

    images = read("t10k-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)
    ids = read("t10k-labels-idx1-ubyte.gz", 8).astype(int)
    y = np.where(np.arange(10_000) < 300, ids, -1)
    network = Network(min_steps=200, augment=brighter).fit(images, y)
    assert (network.predict(images[5000:]) == ids[5000:]).mean() > 0.9
