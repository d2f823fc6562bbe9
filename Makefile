# The two commands a newcomer needs. Each installs what is missing, builds in release mode and runs.

.PHONY: demo test test-fast test-kernels

# Converts a trained model, verifies the results, segments three pictures; prints a table, leaves pictures in demo/.
demo:
	@Scripts/install-dependencies.sh
	@Scripts/demo.sh

# Builds everything and runs every test.
test:
	@Scripts/install-dependencies.sh
	swift test -c release

# Everything but the suites that convert and run whole models: for the inner loop.
test-fast:
	swift test -c release --skip '^Sedge(Commands)?Tests\.'

# Whatever computes on kernels, once for each set that this processor has but the best, which make test takes.
test-kernels:
	@Scripts/test-kernels.sh
