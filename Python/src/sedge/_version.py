"""The release, as `Sources/SedgeContainer/SedgeVersion.swift` has it."""

__version__ = "0.1.0"
