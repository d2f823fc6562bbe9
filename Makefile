# The two commands a newcomer needs. Each installs what is missing, builds in release mode and runs.

.PHONY: demo test

# Converts a trained model, verifies the results, segments three pictures; prints a table, leaves pictures in demo/.
demo:
	@Scripts/install-dependencies.sh
	@Scripts/demo.sh

# Builds everything and runs every test.
test:
	@Scripts/install-dependencies.sh
	swift test -c release
