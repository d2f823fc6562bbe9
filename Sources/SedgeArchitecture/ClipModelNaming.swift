// The names of CLIP's tensors in Hugging Face's transformers.

/// The names of `CLIPModel` of transformers for CLIP with a vision transformer, and OpenAI's for the same tensors.
///
/// Queries, keys and values are layers of their own there (``SourceNaming/stored(_:)``), and the two projections are matrices of
/// outputs x inputs. Source: transformers, `modeling_clip.py`.
enum ClipModelNaming {
  /// Modules and parameters outside of blocks, the more specific first.
  private static let modules: [(theirs: String, ours: String)] = [
    ("text_model.embeddings.token_embedding.weight", "token_embedding.weight"),
    ("text_model.embeddings.position_embedding.weight", "positional_embedding"),
    ("text_model.final_layer_norm.", "ln_final."),
    ("text_projection.weight", "text_projection"),
    ("vision_model.embeddings.class_embedding", "visual.class_embedding"),
    ("vision_model.embeddings.patch_embedding.weight", "visual.conv1.weight"),
    ("vision_model.embeddings.position_embedding.weight", "visual.positional_embedding"),
    ("vision_model.pre_layrnorm.", "visual.ln_pre."),
    ("vision_model.post_layernorm.", "visual.ln_post."),
    ("visual_projection.weight", "visual.proj"),
    ("logit_scale", "logit_scale"),
  ]
  private static let blocks: [(theirs: String, ours: String)] = [
    ("text_model.encoder.layers.", "transformer.resblocks."),
    ("vision_model.encoder.layers.", "visual.transformer.resblocks."),
  ]
  private static let blockModules: [(theirs: String, ours: String)] =
    ["q", "k", "v"].flatMap { part in
      ["weight", "bias"].map { ("self_attn.\(part)_proj.\($0)", "attn.\(part)_proj_\($0)") }
    } + [
      ("self_attn.out_proj.", "attn.out_proj."), ("layer_norm1.", "ln_1."), ("layer_norm2.", "ln_2."),
      ("mlp.fc1.", "mlp.c_fc."), ("mlp.fc2.", "mlp.c_proj."),
    ]

  /// OpenAI's name for a name of transformers; `nil` for a name of no such tensor.
  static func openAIName(_ name: String) -> String? { translated(name) { ($0.theirs, $0.ours) } }

  /// The name of transformers for OpenAI's; `nil` for a name of no such tensor.
  static func name(ofOpenAI name: String) -> String? { translated(name) { ($0.ours, $0.theirs) } }

  private static func translated(
    _ name: String, _ order: ((theirs: String, ours: String)) -> (from: String, to: String)
  ) -> String? {
    for list in blocks.map(order) where name.hasPrefix(list.from) {
      let rest = name.dropFirst(list.from.count)
      let number = rest.prefix { $0 != "." }
      let module = rest.dropFirst(number.count + 1)
      guard let found = blockModules.map(order).first(where: { module.hasPrefix($0.from) }) else {
        return nil
      }
      return "\(list.to)\(number).\(found.to)\(module.dropFirst(found.from.count))"
    }
    guard let found = modules.map(order).first(where: { name.hasPrefix($0.from) }) else { return nil }
    return found.to + name.dropFirst(found.from.count)
  }
}
