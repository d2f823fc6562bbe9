#!/usr/bin/env bash
# Runs the suites in which threads share something under ThreadSanitizer.
set -euo pipefail
cd "$(dirname "$0")/.."

suites='^SedgeTensorTests\.LookaheadTests|^SedgeOperatorsTests\.WorkersTests|^SedgeContainerTests\.RoundTripTests'
suites+='|^SedgeTests\.(Concurrency|Stopping|TextCache)Tests|^SedgeEvaluationTests\.(EvaluationRun|Bootstrap)Tests'
suites+='|^SedgeVerificationTests\.LayerAttributionTests'
suites+='|^SedgeInterfaceTests\.ThreadTests'

# A build of its own: instrumented code is slower.
options=(-c release --sanitize thread --scratch-path .build-tsan)
swift build "${options[@]}" --build-tests
# The first race ends a test; swift-backtrace is of no use with it.
export TSAN_OPTIONS=halt_on_error=1 SWIFT_BACKTRACE=enable=no
swift test "${options[@]}" --skip-build --filter "$suites"
