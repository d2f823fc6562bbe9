// What a long-running program does with libsedge, run under sanitizers by Scripts/test-library.sh.
//
//     stress calls MODEL.sedge PICTURE COUNT      opens, encodes, segments and releases, again and again
//     stress threads MODEL.sedge FOLDER THREADS   segments every picture from several threads, and compares with one by one
//     stress damage MODEL.sedge COUNT             opens copies with changed bytes, whole and cut
//     stress memory MODEL.sedge PICTURE           opens and segments under limits of memory
//
// Ends with 0 where all is as it should be.

#include <sedge.hpp>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
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

std::vector<int32_t> labels(const sedge::Model &model, const sedge::Classes &classes, const std::string &path) {
  const auto result = model.segment(sedge::PictureFile(path).picture(), classes);
  return {result.labels().begin(), result.labels().end()};
}

void calls(const std::string &path, const std::string &picture, int count) {
  const auto bytes = read(path);
  for (int i = 0; i < count; ++i) {
    const sedge::Model model = i % 2 ? sedge::Model(path) : sedge::Model(bytes.data(), bytes.size());
    const auto classes = model.classes(kClasses);
    sedge_segment_options options = SEDGE_SEGMENT_OPTIONS;
    options.scores = i % 3;
    const auto result = model.segment(sedge::PictureFile(picture).picture(), classes, options);
    const auto embedding = model.embed(sedge::PictureFile(picture).picture());
    if (result.labels().empty() || embedding.values().values.empty()) fail("no result");
    try {
      sedge::Model missing("/missing.sedge");
      fail("a missing file was opened");
    } catch (const sedge::Error &error) {
      if (error.status() != SEDGE_UNUSABLE_INPUT) fail(error.what());
    }
    try {
      sedge::run("inspect", "{\"arguments\": [\"" + path + "\"]}", [](std::string_view, double) { return true; });
    } catch (const sedge::Error &error) {
      fail(error.what());
    }
  }
}

void threads(const std::string &path, const std::string &folder, unsigned thread_count) {
  const sedge::Model model(path);
  const auto classes = model.classes(kClasses);
  std::vector<std::string> pictures;
  for (const auto &entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".png") pictures.push_back(entry.path());
  std::sort(pictures.begin(), pictures.end());
  std::vector<std::vector<int32_t>> expected;
  for (const auto &picture : pictures) expected.push_back(labels(model, classes, picture));

  std::atomic<size_t> next{0};
  std::atomic<int> faults{0};
  std::vector<std::thread> workers;
  for (unsigned i = 0; i < thread_count; ++i) {
    workers.emplace_back([&, i] {
      // Half of the threads encode the classes themselves.
      const auto own = model.classes(kClasses);
      for (size_t index; (index = next++) < pictures.size();) {
        if (labels(model, i % 2 ? classes : own, pictures[index]) != expected[index]) ++faults;
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

// Under a limit of addresses everything works or is an error, in a process of its own for each limit.
void memory(const std::string &path, const std::string &picture) {
  int refused = 0, worked = 0;
  for (rlim_t megabytes = 40; megabytes <= 4000; megabytes += megabytes / 4) {
    const pid_t child = fork();
    if (child == 0) {
      const rlim_t limit = megabytes << 20;
      const rlimit wanted{limit, limit};
      setrlimit(RLIMIT_AS, &wanted);
      try {
        sedge_model_options options = SEDGE_MODEL_OPTIONS;
        options.threads = 2;
        const sedge::Model model(path, options);
        labels(model, model.classes(kClasses), picture);
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
    if (!WIFEXITED(end)) fail("a limit of " + std::to_string(megabytes) + " MB ended the process");
    if (WEXITSTATUS(end) == 0) ++worked;
    else if (WEXITSTATUS(end) >= 71) ++refused;
    else fail("a limit of " + std::to_string(megabytes) + " MB: another error");
  }
  if (!worked || !refused) fail("no limit was too low, or every");
  std::printf("memory: %d limits refused, %d enough\n", refused, worked);
}

}  // namespace

int main(int count, char **arguments) {
  const std::vector<std::string> given(arguments + 1, arguments + count);
  try {
    if (given.size() == 4 && given[0] == "calls") calls(given[1], given[2], std::stoi(given[3]));
    else if (given.size() == 4 && given[0] == "threads") threads(given[1], given[2], unsigned(std::stoul(given[3])));
    else if (given.size() == 3 && given[0] == "damage") damage(given[1], std::stoi(given[2]));
    else if (given.size() == 3 && given[0] == "memory") memory(given[1], given[2]);
    else return 64;
  } catch (const std::exception &error) {
    fail(error.what());
  }
  return 0;
}
