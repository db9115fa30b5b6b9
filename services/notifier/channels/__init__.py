"""The ways out, one file each; all offer what `handover.Channel` says."""
