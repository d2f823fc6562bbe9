# The command, built from source. Only the syntax is checked: neither macOS nor Homebrew is part of the tests.
# A release sets `url` and `sha256`; until then `brew install --HEAD` with the address of the repository in `head`.
class Sedge < Formula
  desc "Convert, verify and run open-vocabulary segmentation models"
  homepage "https://sedge.invalid"
  url "https://sedge.invalid/sedge-0.1.0.tar.gz"
  sha256 "0000000000000000000000000000000000000000000000000000000000000000"
  license "MIT"
  head "https://sedge.invalid/sedge.git", branch: "main"

  depends_on "pkgconf" => :build
  depends_on "freetype"
  depends_on "hdf5"
  depends_on "jpeg-turbo"
  depends_on "libpng"
  depends_on "libtiff"
  depends_on "openssl@3"
  depends_on "protobuf-c"
  depends_on "webp"
  depends_on "xxhash"
  depends_on "zlib"
  depends_on "zstd"

  on_macos do
    depends_on xcode: ["26.0", :build]
    depends_on macos: :tahoe
  end

  on_linux do
    depends_on "swift" => :build
  end

  def install
    # Homebrew's sandbox is around SwiftPM's already.
    options = %w[-c release --disable-sandbox --product sedge]
    options << "--static-swift-stdlib" if OS.linux?
    system "swift", "build", *options
    system "make", "install", "PREFIX=#{prefix}"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/sedge --version")
    assert_match "cannot be read", shell_output("#{bin}/sedge inspect missing.sedge 2>&1", 2)
  end
end
