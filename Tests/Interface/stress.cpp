// What a long-running program does with libsedge, run under sanitizers by Scripts/test-library.sh.
//
//     stress calls MODEL.sedge PICTURE COUNT            every function, again and again: memory must not grow
//     stress threads MODEL.sedge FOLDER THREADS COUNT   segments COUNT pictures from several threads, and compares with one by one
//     stress damage MODEL.sedge COUNT                   opens copies with changed bytes, whole and cut
//     stress memory MODEL.sedge PICTURE SOURCE OPTIONS  opens, segments and converts under limits of memory
//
// Pictures of `threads` are cut from those of the folder. OPTIONS are those of `convert`, without output, as JSON.
// Ends with 0 where all is as it should be.

#include <sedge.hpp>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

const char *const kClasses = "sky; grass; sand; brick wall; red circle; green star";

[[noreturn]] void fail(const std::string &text) {
  std::fprintf(stderr, "stress: %s\n", text.c_str());
  std::exit(1);
}

std::vector<char> read(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// ---- Calls ----

// A call that must fail as an error of the input.
template <typename Call>
void refuse(const char *what, Call call) {
  try {
    call();
  } catch (const sedge::Error &error) {
    if (error.status() != SEDGE_UNUSABLE_INPUT || !*error.what()) fail(std::string(what) + ": " + error.what());
    return;
  }
  fail(std::string(what) + " was no error");
}

// Reads every tensor under the names of PyTorch.
void weights(const std::string &path) {
  sedge_weights *weights = nullptr;
  sedge::check(sedge_weights_open(path.c_str(), nullptr, &weights));
  std::vector<float> values;
  for (size_t i = 0; i < sedge_weights_count(weights); ++i) {
    sedge_tensor tensor;
    sedge::check(sedge_weights_describe(weights, i, &tensor));
    size_t count = 1;
    for (size_t k = 0; k < tensor.dimension_count; ++k) count *= tensor.dimensions[k];
    values.resize(count);
    sedge::check(sedge_weights_read(weights, i, values.data(), count));
  }
  sedge_weights_close(weights);
}

void all_functions(const std::string &path, const std::vector<char> &bytes, const std::string &picture, int turn) {
  const sedge::Model model = turn % 2 ? sedge::Model(path) : sedge::Model(bytes.data(), bytes.size());
  const auto classes = turn % 4 < 2 ? model.classes(kClasses) : model.encode({"sky", "red circle"});
  const sedge::PictureFile file(picture);
  if (model.facts().kind == SEDGE_SED) {
    sedge_segment_options options = SEDGE_SEGMENT_OPTIONS;
    options.scores = turn % 3;
    if (model.segment(file.picture(), classes, options).labels().empty()) fail("no labels");
    refuse("classifying by SED", [&] { model.classify(file.picture(), classes); });
  } else {
    if (model.classify(file.picture(), classes).size() != classes.size()) fail("no probabilities");
    if (model.segment(file.picture(), classes).labels().empty()) fail("no labels by CLIP");
  }
  if (model.embed(file.picture()).values().values.empty() || classes.features().values.empty()) fail("no features");
  weights(path);
  refuse("a missing file", [] { sedge::Model("/missing.sedge"); });
  refuse("half a file", [&] { sedge::Model(bytes.data(), bytes.size() / 2); });
  const auto report = sedge::run(
      "inspect", "{\"arguments\": [\"" + path + "\"]}", [](std::string_view, double) { return true; });
  if (report.empty()) fail("no report");
}

// Bytes of this process that are in memory.
long resident_bytes() {
  long pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> pages;
  return pages * sysconf(_SC_PAGESIZE);
}

void calls(const std::string &path, const std::string &picture, int count) {
  const auto bytes = read(path);
  long early = 0;
  for (int i = 0; i < count; ++i) {
    all_functions(path, bytes, picture, i);
    if (i + 1 == std::max(1, count / 10)) early = resident_bytes();
  }
  std::printf("%d calls of every function: %.1f MB resident after a tenth of them, %.1f MB after all\n", count,
              double(early) / 1e6, double(resident_bytes()) / 1e6);
}

// ---- Threads ----

// A picture in memory, cut from that of a file.
struct Cut {
  std::vector<uint8_t> pixels;
  int32_t width, height;

  Cut(const sedge::Picture &whole, size_t index)
      : width(whole.width - int32_t(index % 7) * 9), height(whole.height - int32_t(index % 5) * 11) {
    const size_t stride = whole.stride ? whole.stride : 3 * size_t(whole.width);
    const auto left = size_t(whole.width - width) / 2, top = size_t(whole.height - height);
    for (size_t y = 0; y < size_t(height); ++y) {
      const uint8_t *line = whole.pixels + (top + y) * stride + 3 * left;
      pixels.insert(pixels.end(), line, line + 3 * size_t(width));
    }
  }

  std::vector<int32_t> labels(const sedge::Model &model, const sedge::Classes &classes) const {
    const auto result = model.segment(sedge::Picture(pixels.data(), width, height), classes);
    return {result.labels().begin(), result.labels().end()};
  }
};

void threads(const std::string &path, const std::string &folder, unsigned thread_count, size_t count) {
  const sedge::Model model(path);
  const auto classes = model.classes(kClasses);
  std::vector<std::string> files;
  for (const auto &entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".png") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  if (files.empty()) fail("no pictures in " + folder);
  std::vector<Cut> pictures;
  for (size_t i = 0; i < count; ++i)
    pictures.emplace_back(sedge::PictureFile(files[i % files.size()]).picture(), i / files.size());
  std::vector<std::vector<int32_t>> expected;
  for (const auto &picture : pictures) expected.push_back(picture.labels(model, classes));

  std::atomic<size_t> next{0};
  std::atomic<int> faults{0};
  std::vector<std::thread> workers;
  for (unsigned i = 0; i < thread_count; ++i) {
    workers.emplace_back([&, i] {
      // Half of the threads encode the classes themselves.
      const auto own = model.classes(kClasses);
      for (size_t index; (index = next++) < pictures.size();) {
        if (pictures[index].labels(model, i % 2 ? classes : own) != expected[index]) ++faults;
        sedge_model *missing = nullptr;
        const std::string name = "/missing-" + std::to_string(index);
        if (sedge_model_open(name.c_str(), nullptr, &missing) == SEDGE_OK ||
            std::string(sedge_error_text()).find(name) == std::string::npos)
          ++faults;
      }
    });
  }
  for (auto &worker : workers) worker.join();
  if (faults) fail(std::to_string(faults) + " results differ");
  std::printf("%zu pictures, %u threads: the results of one by one\n", pictures.size(), thread_count);
}

// ---- Damage ----

void damage(const std::string &path, int count) {
  const auto whole = read(path);
  std::mt19937 random(1);
  int opened = 0;
  for (int i = 0; i < count; ++i) {
    auto bytes = whole;
    if (i % 2) bytes.resize(random() % bytes.size());
    for (unsigned changes = random() % 8 + 1; changes > 0 && !bytes.empty(); --changes)
      bytes[random() % (i % 3 ? bytes.size() : std::min<size_t>(bytes.size(), 4096))] = char(random());
    sedge_model *model = nullptr;
    const sedge_status status = sedge_model_open_memory(bytes.data(), bytes.size(), nullptr, &model);
    if (status == SEDGE_OK) {
      ++opened;
      sedge_model_close(model);
    } else if (status != SEDGE_UNUSABLE_INPUT || model || !*sedge_error_text()) {
      fail(std::string("a damaged file: ") + sedge_error_text());
    }
  }
  std::printf("%d damaged files: %d errors, %d opened (the bytes changed are none that loading reads)\n", count,
              count - opened, opened);
}

// ---- Memory ----

// Under a limit of addresses work is done or refused, in a process of its own for each limit.
void limits(const char *name, const std::function<void()> &work) {
  int refused = 0, worked = 0;
  for (rlim_t megabytes = 40; megabytes <= 4000; megabytes += std::max<rlim_t>(megabytes / 8, 10)) {
    const pid_t child = fork();
    if (child == 0) {
      const rlim_t limit = megabytes << 20;
      const rlimit wanted{limit, limit};
      setrlimit(RLIMIT_AS, &wanted);
      try {
        work();
        _exit(0);
      } catch (const sedge::Error &error) {
        if (error.status() == SEDGE_OUT_OF_MEMORY) _exit(71);
        std::fprintf(stderr, "%s\n", error.what());
        _exit(1);
      } catch (const std::bad_alloc &) {
        _exit(72);
      }
    }
    int end = 0;
    waitpid(child, &end, 0);
    const auto limit = "a limit of " + std::to_string(megabytes) + " MB";
    if (!WIFEXITED(end)) fail(std::string(name) + ": " + limit + " ended the process");
    if (WEXITSTATUS(end) == 0) ++worked;
    else if (WEXITSTATUS(end) >= 71) ++refused;
    else fail(std::string(name) + ": " + limit + ": another error");
  }
  if (!worked || !refused) fail(std::string(name) + ": no limit was too low, or every");
  std::printf("memory, %s: %d limits refused, %d enough\n", name, refused, worked);
}

void memory(const std::string &path, const std::string &picture, const std::string &source, const std::string &options) {
  limits("segment", [&] {
    sedge_model_options options = SEDGE_MODEL_OPTIONS;
    options.threads = 2;
    const sedge::Model model(path, options);
    model.segment(sedge::PictureFile(picture).picture(), model.classes(kClasses));
  });
  const auto output = path + ".limited";
  limits("convert", [&] {
    sedge::run("convert", "{\"arguments\": [\"" + source + "\"], \"output\": \"" + output + "\", \"force\": true, " +
                              options.substr(options.find('{') + 1));
  });
  std::filesystem::remove(output);
}

}  // namespace

int main(int count, char **arguments) {
  const std::vector<std::string> given(arguments + 1, arguments + count);
  try {
    if (given.size() == 4 && given[0] == "calls") calls(given[1], given[2], std::stoi(given[3]));
    else if (given.size() == 5 && given[0] == "threads")
      threads(given[1], given[2], unsigned(std::stoul(given[3])), std::stoul(given[4]));
    else if (given.size() == 3 && given[0] == "damage") damage(given[1], std::stoi(given[2]));
    else if (given.size() == 5 && given[0] == "memory") memory(given[1], given[2], given[3], given[4]);
    else return 64;
  } catch (const std::exception &error) {
    fail(error.what());
  }
  return 0;
}
