# Commands for newcomers and for CI. Each installs missing packages, builds in release mode and runs.

PREFIX ?= /usr/local
BINARY ?= .build/release/sedge

.PHONY: install uninstall install-library uninstall-library test-library dist test-dist demo test test-fast test-kernels coverage faults attacks attacks-quick attacks-sanitized test-threads fuzz-replay fuzz-numbers

# Converts a trained model, verifies the results, segments three images; prints a table, writes images to demo/.
demo:
	@Scripts/install-dependencies.sh
	@Scripts/demo.sh

# Installs the program, its manual pages and completions under $(DESTDIR)$(PREFIX); uninstall removes them.
install:
	@test -x $(BINARY) || SEDGE_COMMIT=$$(Scripts/source-commit.sh) swift build -c release --product sedge
	@Scripts/install.sh install "$(BINARY)" "$(DESTDIR)$(PREFIX)"

uninstall:
	@Scripts/install.sh uninstall "$(BINARY)" "$(DESTDIR)$(PREFIX)"

# The same with libsedge for C and C++: headers, pkg-config and CMake files.
install-library: install
	@Scripts/build-library.sh .build/libsedge
	@Scripts/install-library.sh install .build/libsedge "$(PREFIX)" "$(DESTDIR)"

uninstall-library:
	@Scripts/install-library.sh uninstall .build/libsedge "$(PREFIX)" "$(DESTDIR)"

# C, C++ and Python against the installed library: examples with g++ and clang, sanitizers, leaks, types, tests.
test-library:
	@Scripts/test-library.sh

# A tar, a Debian package and a Python wheel that need nothing but glibc, their SBOM and SHA256SUMS, in dist/.
dist:
	@Scripts/install-dependencies.sh
	@Scripts/dist.sh

# The same, and what it does on bare Debian 12 and Ubuntu 22.04; links and packs twice.
test-dist:
	@Scripts/test-dist.sh --again

# Builds everything and runs every test.
test:
	@Scripts/install-dependencies.sh
	swift build -c release --build-tests
	swift test -c release --skip-build

# Every suite except those that convert and run whole models: for the inner loop.
test-fast:
	swift build -c release --build-tests
	swift test -c release --skip-build --skip '^Sedge(Commands)?Tests\.'

# Lets calls to the system fail, and ends runs by signals: some of each kind.
faults:
	@Scripts/install-dependencies.sh
	swift build -c release --product sedge
	python3 Scripts/inject-faults.py --quick

# The share of lines that the tests run, by module; in a build of its own.
coverage:
	@Scripts/install-dependencies.sh
	@Scripts/coverage.sh

# The suites that depend on kernels, for each kernel set of this processor except the best, which make test uses.
test-kernels:
	@Scripts/test-kernels.sh

# Hostile files of every format, each given to every command that reads such a file; docs/security-tests.md.
attacks:
	swift build -c release --product sedge
	python3 Fixtures/make_attacks.py
	python3 Scripts/run-attacks.py

# The same with a third of the commands for each file, in turn: for every change.
attacks-quick:
	swift build -c release --product sedge
	python3 Fixtures/make_attacks.py
	python3 Scripts/run-attacks.py --every 3

# The same with AddressSanitizer, in a build of its own, one command for each file.
attacks-sanitized:
	swift build -c release --product sedge --sanitize address --scratch-path .build-asan
	python3 Fixtures/make_attacks.py
	python3 Scripts/run-attacks.py --sanitized --one --sedge .build-asan/release/sedge

# The suites in which threads share something, under ThreadSanitizer, in a build of its own.
test-threads:
	@Scripts/install-dependencies.sh
	@Scripts/test-threads.sh

# All known inputs of the readers, whole and damaged, under AddressSanitizer, in a build of its own.
fuzz-replay:
	@Scripts/install-dependencies.sh
	@Scripts/replay-fuzz.sh

# Models with extreme numbers in weights and headers, through every command.
fuzz-numbers:
	@Scripts/install-dependencies.sh
	swift build -c release --product sedge
	SEDGE_FUZZING=1 swift build -c release --product sedge-fuzz
	@python3 Scripts/fuzz_numbers.py --forge .build/release/sedge-fuzz
