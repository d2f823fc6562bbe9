// Small reports of every kind, with every key that a page looks at.

enum Sample {
  static let verify = """
    {"report": "verify", "version": 1, "passes": true, "compute": "f32", "kernels": "portable",
     "proven": [{"name": "heads", "value": 4, "origin": "given", "detail": "by --heads"}],
     "not_proven": [{"name": "pixel-mean", "value": [1.5, 2, 3], "origin": "assumed"}],
     "provenance": {"version": "0.1.0", "commit": "abc",
       "command": ["sedge", "verify", "m/int4.sedge", "--against", "s/source.h5", "--html", "x.html", "--json", "--images", "my pictures"], "digests": {"classes": "00ff"}, "list": ["a", "b"]},
     "reports": [{"model": "m/int4.sedge", "model_bytes": 9100, "reference": "s/source.h5", "passes": true, "failures": ["f"],
       "thresholds": {"labels": 0.9, "margin": 0.1, "score_rms": 0.2, "tap_rms": 0.3, "score_max": "inf"},
       "threshold_origins": {"labels": "int4"}, "other_sources": [], "skipped_runs": [], "not_recorded": [],
       "tensors": [
         {"name": "clip_model.token_embedding.weight", "codec": "trellis", "limit": 0.1, "limit_origin": "what the file records",
          "figures": {"relative_rms_error": 0.05}, "stored_bytes": 1200, "bits_per_weight": 4.01},
         {"name": "clip_model.visual.trunk.stages.0.blocks.1.mlp.fc1.weight", "codec": "trellis", "limit": 0.1,
          "limit_origin": "what the file records", "figures": {"relative_rms_error": 0.02}, "stored_bytes": 900},
         {"name": "transformer.decoder1.attention.MLP.2.bias", "codec": "f16", "limit": "inf",
          "figures": {"relative_rms_error": 0}, "stored_bytes": 40}],
       "layers": [
         {"name": "clip_model.token_embedding.weight", "local": 0.09, "accumulated": 0.09, "noise": 3e-8, "local_over_noise": 3e6},
         {"name": "clip_model.visual.trunk.stages.0.blocks.1.mlp.fc1.weight", "local": 0.01, "accumulated": 0.1, "noise": 1e-7,
          "local_over_noise": 1e5},
         {"name": "transformer.decoder1.attention.norm1.weight", "local": 0, "accumulated": 0.05, "noise": 1e-7, "local_over_noise": 0}],
       "costs": {"pictures": 3, "classes": 54, "pixels": 1000, "whole": {"labels": 0.01, "scores": 0.05},
         "layers": [{"name": "clip_model.token_embedding.weight", "bytes": 1200, "is_exact": true,
                     "if_restored": {"labels": 0.005, "scores": 0.01}, "if_alone": {"labels": 0.006, "scores": 0.02}},
                    {"name": "transformer.decoder1.attention.norm1.weight", "bytes": 10, "is_exact": false,
                     "if_restored": {"labels": 0.01, "scores": 0.05}, "if_alone": {"labels": 0, "scores": 0}},
                    {"name": "transformer.head0.weight", "bytes": 10, "is_exact": true,
                     "if_restored": {"labels": 0.012, "scores": 0.05}, "if_alone": {"labels": 0, "scores": 0}}],
         "estimate_error": {"layers": 2, "rank_correlation": 0.9, "median": 0.2, "largest": 0.5},
         "suggestions": [{"name": "x", "form": "int8", "option": "--tensor='^x$=int8'", "added_bytes": 100,
                          "expected": {"labels": 0.004, "scores": 0.01}},
                         {"name": "y", "form": "int8", "option": "--tensor='^y$=int8'", "added_bytes": 200,
                          "expected": {"labels": 0.003, "scores": 0.01}}],
         "plan": {"file": "p/plan.json", "tensors": 1, "file_bytes": 9000, "expected": {"labels": 0.004}, "measured": {"labels": 0.005},
                  "is_exact": true}},
       "rejections": [{"run": "sky.png, k = 2", "top_k": 2, "changed_labels": 0.1, "stages": [
         {"stage": 0, "candidates": 54, "reference_kept": 20, "model_kept": 21, "decisions": [
           {"label": 3, "name": "brick wall", "kept_by": "model", "closeness": 0.4, "changed_labels": 0.001}]}]}],
       "runs": [{"name": "sky.png", "equal_labels": 0.99, "equal_labels_within_margin": 0.999, "largest_score_difference": 0.5,
         "score_rms_difference": 0.01, "relative_score_rms": 0.05, "kept_classes": [0.8, 1],
         "taps": [{"name": "res2", "figures": {"relative_rms_error": 0.03}}, {"name": "decoder1"}]}]}]}
    """

  static let evaluate = """
    {"format": "sedge evaluation", "version": 1, "sedge_version": "0.1.0",
     "data": {"classes": ["grass", "sky"], "fingerprint": "9d", "name": "shapes", "picture_count": 2, "pixel_count": 100, "preprocess": "sed"},
     "models": [
       {"name": "float.sedge", "architecture": "SED", "sha256": "b6", "top_k": null, "compute": "f32", "kernels": "k", "chance_miou": 0.1,
        "kept_classes": 2, "figures": {"miou": 0.7, "macc": 0.8, "fwiou": 0.9, "pacc": 0.95, "boundary_iou": 0.5},
        "intervals": {"miou": {"low": 0.6, "high": 0.75}},
        "groups": [{"name": "unseen", "classes": ["sky"], "figures": {"miou": 0.6}, "intervals": {"miou": {"low": 0.5, "high": 0.7}}}],
        "classes": [{"name": "grass", "iou": 0.9, "iou_interval": {"low": 0.8, "high": 0.95}, "accuracy": 0.95, "boundary_iou": 0.6, "pixels": 60},
                    {"name": "sky", "iou": 0.5, "accuracy": 0.7, "boundary_iou": 0.4, "pixels": 40}],
        "confusion": [[50, 10, 1], [10, 30, 2], [0, 0, 0]]},
       {"name": "int4.sedge", "architecture": "SED", "sha256": "c7", "top_k": 8, "compute": "f32", "kernels": "k", "chance_miou": 0.1,
        "kept_classes": 2, "figures": {"miou": 0.69, "macc": 0.8, "fwiou": 0.9, "pacc": 0.95, "boundary_iou": 0.5},
        "intervals": {"miou": {"low": 0.6, "high": 0.75}}, "groups": [],
        "classes": [{"name": "grass", "iou": 0.88, "accuracy": 0.95, "boundary_iou": 0.6, "pixels": 60},
                    {"name": "sky", "iou": 0.5, "accuracy": 0.7, "boundary_iou": 0.4, "pixels": 40}],
        "confusion": [[48, 10, 1], [12, 30, 2], [0, 0, 0]]}],
     "differences": [{"model": 1, "reference": 0, "figures": {"miou": {"difference": -0.01, "interval": {"low": -0.02, "high": 0.005}}},
        "labels": {"changed": 4, "toward": 1, "away": 2, "pixels": 100}, "label_change_interval": {"low": 0.01, "high": 0.06}}],
     "failures": [{"picture": "broken", "error": "broken.png: no picture"}],
     "pictures": [{"index": 0, "name": "img_000", "models": [{"kept_classes": 2, "confusion": [[0, 0, 30], [1, 0, 5]], "boundary": [[0, 1, 2, 3]]},
                                                             {"kept_classes": 2, "confusion": [[0, 0, 28], [1, 0, 7]], "boundary": []}]},
                  {"index": 1, "name": "img_001", "models": [{"kept_classes": 2, "confusion": [[1, 1, 30]], "boundary": []}]}]}
    """

  static let sweep = """
    {"report": "sweep", "version": 1, "model": "SED-B", "sources": ["sed.pth"], "pictures": 60, "pixels": 100, "classes": 54, "preprocess": "square",
     "compute": "f32", "kernels": "k", "failures": [{"picture": "p", "error": "e"}],
     "source": {"mean_iou": 0.66, "figures": {"miou": 0.66}, "intervals": {"miou": {"low": 0.6, "high": 0.7}}, "ties": "a", "median_seconds": 0.1},
     "forms": [
       {"series": "Sedge", "name": "int8", "file_bytes": 3000, "stored_bytes": 2000, "stored_bits_per_weight": 8, "label_change": 0.0006,
        "label_change_interval": {"low": 0.0005, "high": 0.0007}, "worst_label_change": 0.01, "score_rms": 0.004, "largest_score_error": 0.1,
        "median_seconds": 0.1, "figures": {"miou": 0.66}, "intervals": {"miou": {"low": 0.6, "high": 0.7}}, "ties": "a",
        "differences": {"miou": {"difference": 0.001, "interval": {"low": -0.01, "high": 0.01}, "is_distinguishable": false}}},
       {"series": "round to nearest", "name": "rtn4", "stored_bytes": 1000, "stored_bits_per_weight": 4, "label_change": 0.1,
        "worst_label_change": 0.3, "score_rms": 0.2, "median_seconds": 0.1, "figures": {"miou": 0.5}, "intervals": {},
        "differences": {"miou": {"difference": -0.16, "interval": {"low": -0.2, "high": -0.1}, "is_distinguishable": true}}}]}
    """

  static let inspect = """
    {"report": "inspect", "version": 1, "file": "m/int4.sedge", "format": ".sedge version 2", "file_bytes": 753414, "model": "SED-B", "naming": "SED",
     "prefix": "", "fits": true, "tensor_count": 2, "parameters": 4171732,
     "architecture": {"depths": [2, 2, 4, 2], "widths": [32, 64], "text_layers": 2, "text_width": 64, "text_heads": 4, "hidden_width": 32,
       "decoder_widths": [16, 8], "heads": 4},
     "parts": [{"name": "image encoder", "tensors": 1, "parameters": 10, "bytes": 40, "stored_bytes": 20}],
     "problems": [{"tensor": "x", "description": "is missing", "cause": "c"}], "diagnosis": "d", "remarks": ["r"],
     "header": {"sedge_version": "0.1.0", "resolution": 256, "class_lists": [{"name": "classes", "classes": ["a", "b"]}],
       "sources": [{"file": "s.h5", "format": "HDF5", "bytes": 10, "sha256": "00"}], "options": {"quantize": "int4"},
       "folds": [{"applied": true}, {"applied": false}], "quantization": {"requested": "int4"}},
     "hyperparameters": [{"name": "heads", "value": 4, "origin": "assumed", "detail": "as in SED-B"}],
     "tensors": [
       {"name": "clip_model.visual.trunk.stem.0.weight", "shape": [32, 3, 4, 4], "type": "trellis", "parameters": 1536, "bytes": 800,
        "stored_bytes": 790, "bits_per_weight": 4.1, "relative_rms_error": 0.07, "largest_absolute_error": 0.1, "role": "kernel",
        "statistics": {"minimum": -1, "maximum": 1, "suspicions": ["dead channels"], "histogram": {"lowest": -1, "highest": 1, "counts": [1, 5, 20, 5, 1]}}},
       {"name": "class_lists.classes.text_features", "shape": [2, 64], "type": "f16", "parameters": 128, "bytes": 256}]}
    """

  static let all = [verify, evaluate, sweep, inspect]
}
