"""keys/trunk_names.tsv: what several programs call the tensors of one small ConvNeXt, and what timm calls them.

Each program's own model is given timm's weights by the names listed, and must compute what timm's does: that is the proof
of a row. Needs torch, timm, torchvision, transformers; the models of facebookresearch/ConvNeXt and mmpretrain are read from
their sources: make_names.py OUT.tsv CONVNEXT/models/convnext.py CONVNEXT/semantic_segmentation/backbone/convnext.py
MMPRETRAIN/mmpretrain/models/backbones/convnext.py
"""
import re
import sys
import types
import timm, torch, torchvision, transformers

DEPTHS, WIDTHS = (1, 1, 2, 1), (8, 12, 16, 20)
torch.manual_seed(0)
reference = timm.models.convnext.ConvNeXt(depths=DEPTHS, dims=WIDTHS, num_classes=0).eval()
for p in reference.parameters():
    torch.nn.init.normal_(p, 0.5 if p.ndim == 1 else 0.0, 0.3)
image = torch.randn(2, 3, 64, 64)
expected = reference(image)
weights = reference.state_dict()
rows = []


def add(program, model, rename, run, prefix="", others=()):
    """rename: timm's name to the program's."""
    theirs = model.state_dict()
    state = {rename(k): v for k, v in weights.items()}
    missing = set(theirs) - set(state)
    assert all(k.startswith(others) for k in missing), missing
    model.load_state_dict({k: v.reshape(theirs[k].shape) for k, v in state.items()} | {k: theirs[k] for k in missing})
    with torch.no_grad():
        model.eval()
        difference = (run(model).flatten(1) - expected).abs().max().item()
    print(program, "differs by at most", difference)
    assert difference < 1e-4, (program, difference)
    back = {rename(k): k for k in weights}
    for k, v in theirs.items():
        rows.append((program, prefix + k, "x".join(map(str, v.shape)), back.get(k, "")))


def original(name, norm="norm."):
    name = name.replace("head.norm.", norm).replace("stem.", "downsample_layers.0.")
    name = re.sub(r"stages\.(\d)\.downsample\.", r"downsample_layers.\1.", name)
    name = re.sub(r"stages\.(\d)\.blocks\.(\d+)\.", r"stages.\1.\2.", name)
    return name.replace("conv_dw", "dwconv").replace("mlp.fc", "pwconv")


def mmpretrain(name):
    return original(name, "norm3.").replace("dwconv", "depthwise_conv").replace("pwconv", "pointwise_conv")


def in_torchvision(name):
    name = name.replace("head.norm.", "classifier.0.").replace("stem.", "features.0.")
    name = re.sub(r"stages\.(\d)\.downsample\.", lambda m: f"features.{2 * int(m[1])}.", name)
    name = re.sub(r"stages\.(\d)\.blocks\.(\d+)\.", lambda m: f"features.{2 * int(m[1]) + 1}.{m[2]}.", name)
    for ours, theirs in (("conv_dw", "block.0"), ("mlp.fc1", "block.3"), ("mlp.fc2", "block.5"), ("gamma", "layer_scale")):
        name = name.replace(ours, theirs)
    return re.sub(r"(features\.\d\.\d+)\.norm\.", r"\1.block.2.", name)


def in_transformers(name, norm="layernorm."):
    if name.startswith("head.norm."):
        return norm + name[len("head.norm."):]
    name = name.replace("stem.0.", "embeddings.patch_embeddings.").replace("stem.1.", "embeddings.layernorm.")
    name = re.sub(r"^stages", "encoder.stages", name).replace(".downsample.", ".downsampling_layer.").replace(".blocks.", ".layers.")
    name = name.replace(".norm.", ".layernorm.").replace("conv_dw", "dwconv").replace("mlp.fc", "pwconv")
    return name.replace(".gamma", ".layer_scale_parameter")


def source(path, stubs):
    for name, values in stubs.items():
        for i in range(1, len(name.split(".")) + 1):
            sys.modules.setdefault(".".join(name.split(".")[:i]), types.ModuleType("stub"))
        for key, value in values.items():
            setattr(sys.modules[name], key, value)
    module = types.ModuleType("pkg.models.backbones.convnext")
    module.__package__ = "pkg.models.backbones"
    exec(compile(open(path).read(), path, "exec"), module.__dict__)
    return module


class Registry:
    def register_module(self, *_, **__): return lambda c: c
    def build(self, config): return getattr(torch.nn, config["type"])()


class Base(torch.nn.Module):
    def __init__(self, init_cfg=None): super().__init__()


class LN2d(torch.nn.LayerNorm):
    def forward(self, x, data_format="channel_first"):
        if data_format == "channel_last": return super().forward(x)
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


out, models, segmentation, mm = sys.argv[1:]
layers = {"trunc_normal_": torch.nn.init.trunc_normal_, "DropPath": torch.nn.Identity}
stubs = {"timm.models.layers": layers, "timm.models.registry": {"register_model": lambda f: f}}
fb = source(models, stubs).ConvNeXt(depths=DEPTHS, dims=WIDTHS, num_classes=5)
add("ConvNeXt", fb, original, lambda m: m.forward_features(image), others=("head.",))
seg = source(segmentation, stubs | {"mmcv_custom": {"load_checkpoint": None}, "mmseg.utils": {"get_root_logger": None},
                                    "mmseg.models.builder": {"BACKBONES": Registry()}}).ConvNeXt(depths=DEPTHS, dims=WIDTHS)


def pooled(m):
    x = image
    for i in range(4):
        x = m.stages[i](m.downsample_layers[i](x))
    return m.norm3(x.mean((2, 3), keepdim=True))


add("ConvNeXt backbone", seg, lambda k: original(k, "norm3."), pooled, prefix="backbone.", others=("norm0.", "norm1.", "norm2."))
pre = source(mm, {"mmcv.cnn.bricks": {"DropPath": torch.nn.Identity},
                  "mmengine.model": {"BaseModule": Base, "ModuleList": torch.nn.ModuleList, "Sequential": torch.nn.Sequential},
                  "mmpretrain.registry": {"MODELS": Registry()},
                  "pkg.models.utils": {"GRN": None, "build_norm_layer": lambda cfg, n: LN2d(n, eps=1e-6)},
                  "pkg.models.backbones.base_backbone": {"BaseBackbone": Base}})
for out_indices, prefix in ((-1, "backbone."), ((0, 1, 2, 3), "backbone.")):
    arch = dict(depths=list(DEPTHS), channels=list(WIDTHS))
    model = pre.ConvNeXt(arch=arch, out_indices=out_indices)
    add("mmpretrain" if out_indices == -1 else "mmpretrain backbone", model, mmpretrain, lambda m: m(image)[-1], prefix=prefix,
        others=("norm0.", "norm1.", "norm2."))
setting = torchvision.models.convnext.CNBlockConfig
tv = torchvision.models.convnext.ConvNeXt([setting(8, 12, 1), setting(12, 16, 1), setting(16, 20, 2), setting(20, None, 1)], num_classes=5)
add("torchvision", tv, in_torchvision, lambda m: m.classifier[0](m.avgpool(m.features(image))), others=("classifier.2.",))
config = transformers.ConvNextConfig(depths=list(DEPTHS), hidden_sizes=list(WIDTHS), num_labels=5, layer_norm_eps=1e-6,
                                     out_features=["stage1", "stage2", "stage3", "stage4"])
add("transformers", transformers.ConvNextForImageClassification(config), lambda k: "convnext." + in_transformers(k),
    lambda m: m.convnext(image).pooler_output, others=("classifier.",))


def backbone(m):
    hidden = m.encoder(m.embeddings(image))
    last = hidden[0] if not hasattr(hidden, "last_hidden_state") else hidden.last_hidden_state
    return m.hidden_states_norms["stage4"](last.mean((2, 3), keepdim=True))


add("transformers backbone", transformers.ConvNextBackbone(config), lambda k: in_transformers(k, "hidden_states_norms.stage4."),
    backbone, prefix="backbone.", others=tuple(f"hidden_states_norms.stage{i}." for i in (1, 2, 3)))
conv = timm.models.convnext.ConvNeXt(depths=DEPTHS, dims=WIDTHS, num_classes=5, conv_mlp=True)
add("timm conv_mlp", conv, lambda k: k, lambda m: m.forward_head(m.forward_features(image), pre_logits=True), others=("head.fc.",))
with open(out, "w") as f:
    f.writelines("\t".join(r) + "\n" for r in rows)
print(len(rows), "rows")
