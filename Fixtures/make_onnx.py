"""Writes the ONNX files of onnx/: parts of the oracle with tiny widths, from both exporters of PyTorch.

    python make_onnx.py [OUT_DIR]

Needs torch, onnx, onnxruntime and onnxscript. Every element is a number that follows from its tensor's name and its place (`fill`), so
that a reader can be tested without the weights in another file. tensors.tsv lists the names and shapes in PyTorch.

  image.onnx          the image encoder, the cost map and a decoder layer; TorchScript exporter, float16
  image-noted.onnx    the same from the newer exporter, its larger weights in image-noted.onnx.data
  text.onnx           the text encoder; TorchScript exporter, float32
  text-constants.onnx the same with its weights as the tensors of Constant nodes
  *-optimized.onnx    the same and a part of the image encoder after the basic optimizations of ONNX Runtime
  text-fused.onnx     after all of its optimizations
  text-int8.onnx      after its dynamic quantization
  catseg*.onnx.gz     a whole CAT-Seg with tiny widths: a window for 2 classes from both exporters, and the text encoder; its names and
                      shapes are in catseg.tsv.gz
"""
import gzip
import os
import sys
import tempfile
import warnings

import onnx
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "oracle"))
from catseg_torch import CATSeg, CATSegConfig
from make_catseg import WindowGraph
from make_checkpoint import TextGraph
from sed_torch import SED, SEDConfig

warnings.filterwarnings("ignore")
CONFIG = SEDConfig(depths=(1, 1), dims=(4, 6), embed_dim=5, text_width=4, text_heads=2, text_layers=1,
                   context_length=6, vocab_size=11, prompt_channels=2, hidden_dim=8, decoder_dims=(16, 16, 16),
                   guidance_proj_dims=(2, 2, 2), heads=4, kernel=3, resolution=16)
NOTES = ("pkg.torch.onnx.name_scopes", "pkg.torch.onnx.fx_node")
FOLDED = "pkg.onnxscript.optimizer.folded_from"
CATSEG = CATSegConfig(patch=2, width=6, layers=3, heads=2, pretrained_grid=3, resolution=8, guidance_layers=(0, 1), embed_dim=5,
                      text_width=4, text_heads=2, text_layers=1, context_length=6, vocab_size=11, hidden_dim=4, guidance_dim=3,
                      aggregator_layers=1, aggregator_heads=2, window=2, pad_len=4, upsample_dims=(3, 2), decoder_dims=(16, 16),
                      decoder_guidance_dims=(2, 2), kernel=8, canvas=12)


class ImageGraph(torch.nn.Module):
    """The image encoder and one decoder layer."""

    def __init__(self, model):
        super().__init__()
        self.sem_seg_head = model.sem_seg_head

    def forward(self, image, text_features):
        p = self.sem_seg_head.predictor
        cost = p.transformer.cost_map(p.clip_model.visual(image)["embedding"], text_features)
        guidance = p.transformer.decoder_corr_guidance_projection[0](cost)
        return p.transformer.decoder1(p.transformer.conv1(cost), guidance[:1], guidance)


def fill(name, count):
    """The elements of a tensor: 11 bits each, so that float16 has them exactly."""
    h = 2166136261
    for byte in name.encode():
        h = (h ^ byte) * 16777619 % 2**32
    start, step = h % 2039, 1 + h // 2039 % 2038
    return (torch.arange(count) * step + start) % 2039 / 1024 - 1019 / 1024


def build():
    """The oracle's model without the parts that `ImageGraph` does not use."""
    model = SED(CONFIG).eval()
    for part in ("decoder2", "decoder3", "head", "head0", "head1", "head2", "decoder_guidance_projection"):
        delattr(model.decoder, part)
    del model.decoder.decoder_corr_guidance_projection[1:]
    for name, p in model.named_parameters():
        p.data = fill(name, p.numel()).view(p.shape)
    return model


def strip(path):
    """Leaves what is needed of the newer exporter's notes: those at nodes that take a tensor it renamed."""
    m = onnx.load(path, load_external_data=False)
    floats = (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16)
    renamed = {t.name for t in m.graph.initializer if "." not in t.name and t.data_type in floats}
    folded = {v.name: p.value for v in m.graph.value_info for p in v.metadata_props if p.key == FOLDED and v.name in renamed}
    del m.graph.value_info[:]
    for name, value in folded.items():
        m.graph.value_info.add(name=name).metadata_props.add(key=FOLDED, value=value)
    for n in m.graph.node:
        kept = [(p.key, p.value) for p in n.metadata_props if p.key in NOTES and renamed & set(n.input)]
        del n.metadata_props[:]
        for key, value in kept:
            n.metadata_props.add(key=key, value=value)
    onnx.save(m, path)


def export(module, inputs, path, noted):
    torch.onnx.export(module.eval(), inputs, path, dynamo=noted, opset_version=18)
    if noted:
        strip(path)


def constants(source, path):
    """The same model without initializers."""
    m = onnx.load(source)
    nodes = [onnx.helper.make_node("Constant", [], [t.name], value=t) for t in m.graph.initializer] + list(m.graph.node)
    del m.graph.initializer[:], m.graph.node[:]
    m.graph.node.extend(nodes)
    onnx.save(m, path)


def optimize(source, path, level):
    """What ONNX Runtime makes of a model when it loads it."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = level
    options.optimized_model_filepath = path
    options.log_severity_level = 4
    onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def pack(data, path):
    with open(path, "wb") as f:
        f.write(gzip.compress(data, mtime=0))


def write_catseg(folder):
    """Of such models the names take the most bytes, and compress well."""
    model = CATSeg(CATSEG).eval()
    for name, p in model.named_parameters():
        p.data = fill(name, p.numel()).view(p.shape)
    names = [f"{name}\t{'x'.join(map(str, v.shape)) or 'scalar'}\n" for name, v in model.state_dict().items()]
    pack("".join(names).encode(), os.path.join(folder, "catseg.tsv.gz"))
    image, text = torch.zeros(1, 3, CATSEG.resolution, CATSEG.resolution), torch.ones(2, 1, CATSEG.embed_dim)
    tokens = torch.zeros(2, CATSEG.context_length, dtype=torch.long)
    for name, module, inputs, noted in (("catseg", WindowGraph(model), (image, text), False),
                                        ("catseg-noted", WindowGraph(model), (image, text), True),
                                        ("catseg-text", TextGraph(model), (tokens,), False)):
        path = os.path.join(tempfile.mkdtemp(), "model.onnx")
        torch.onnx.export(module.eval(), inputs, path, dynamo=noted, opset_version=18, **({"external_data": False} if noted else {}))
        if noted:
            strip(path)
        with open(path, "rb") as f:
            pack(f.read(), os.path.join(folder, f"{name}.onnx.gz"))


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "onnx")
    os.makedirs(folder, exist_ok=True)
    model = build()
    with open(os.path.join(folder, "tensors.tsv"), "w") as f:
        for name, p in model.named_parameters():
            f.write(f"{name}\t{'x'.join(map(str, p.shape)) or 'scalar'}\n")
    image = torch.zeros(1, 3, CONFIG.resolution, CONFIG.resolution)
    text = torch.ones(3, CONFIG.prompt_channels, CONFIG.embed_dim)
    tokens = torch.zeros(3, CONFIG.context_length, dtype=torch.long)
    at = lambda name: os.path.join(folder, name)
    for name, noted in (("image.onnx", False), ("image-noted.onnx", True)):
        export(ImageGraph(build()).half(), (image.half(), text.half()), at(name), noted)
    export(TextGraph(build()), (tokens,), at("text.onnx"), noted=False)
    constants(at("text.onnx"), at("text-constants.onnx"))
    levels = onnxruntime.GraphOptimizationLevel
    optimize(at("text.onnx"), at("text-optimized.onnx"), levels.ORT_ENABLE_BASIC)
    optimize(at("text.onnx"), at("text-fused.onnx"), levels.ORT_ENABLE_ALL)
    single = os.path.join(tempfile.mkdtemp(), "image.onnx")
    export(ImageGraph(build()), (image, text), single, noted=False)
    optimize(single, at("image-optimized.onnx"), levels.ORT_ENABLE_BASIC)
    quantize_dynamic(at("text.onnx"), at("text-int8.onnx"), weight_type=QuantType.QInt8)
    write_catseg(folder)


if __name__ == "__main__":
    main()
