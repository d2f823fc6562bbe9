// The way around everything that is not read.

/// What to do with a checkpoint that is not read.
enum TorchAdvice {
  static let saveStateDict = "save the state dict alone: torch.save(model.state_dict(), PATH)"
}
