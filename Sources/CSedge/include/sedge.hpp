// Sedge for C++17: sedge.h with objects that release themselves, and exceptions.
//
//     sedge::Model model("sed.sedge");
//     auto classes = model.encode({"sky", "grass", "red circle"});
//     auto result = model.segment(sedge::PictureFile("street.jpg").picture(), classes);
//     for (int32_t label : result.labels()) ...
//
// A failure throws sedge::Error with the text of sedge_error_text(). What sedge.h says of threads, memory and early rejection
// holds here too. Views belong to the object that they were asked of.
#ifndef SEDGE_HPP
#define SEDGE_HPP

#include "sedge.h"

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sedge {

/// How a call failed.
class Error : public std::runtime_error {
 public:
  explicit Error(sedge_status status) : std::runtime_error(sedge_error_text()), status_(status) {}

  /// The status of the call: what kind of error it is.
  sedge_status status() const noexcept { return status_; }

 private:
  sedge_status status_;
};

/// Throws an Error unless a call was successful.
inline void check(sedge_status status) {
  if (status != SEDGE_OK) throw Error(status);
}

/// Values in memory of another object.
template <typename T>
class View {
 public:
  View() = default;
  View(const T *values, size_t count) : values_(values), count_(count) {}

  const T *data() const noexcept { return values_; }
  size_t size() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }
  const T *begin() const noexcept { return values_; }
  const T *end() const noexcept { return values_ + count_; }
  const T &operator[](size_t index) const noexcept { return values_[index]; }

 private:
  const T *values_ = nullptr;
  size_t count_ = 0;
};

/// Float32 values in row-major order, with their shape.
struct Array {
  View<float> values;
  std::vector<size_t> shape;

  Array() = default;
  explicit Array(const sedge_array &array) : shape(array.dimensions, array.dimensions + array.dimension_count) {
    size_t count = array.dimension_count == 0 ? 0 : 1;
    for (size_t size : shape) count *= size;
    values = View<float>(array.values, count);
  }
};

/// A function that is told of progress, a share of 0 to 1 or -1; false stops the work.
using Progress = std::function<bool(std::string_view step, double share)>;

namespace detail {

/// A Progress for C; an exception of it is kept, stops the work and is thrown again.
class ProgressCall {
 public:
  explicit ProgressCall(const Progress &progress) : progress_(progress) {
    call_.step = [](void *context, const char *step, double share) noexcept -> int32_t {
      auto *self = static_cast<ProgressCall *>(context);
      try {
        return self->progress_(step, share) ? 0 : 1;
      } catch (...) {
        self->error_ = std::current_exception();
        return 1;
      }
    };
    call_.context = this;
  }

  const sedge_progress *get() const noexcept { return progress_ ? &call_ : nullptr; }

  void check(sedge_status status) const {
    if (error_) std::rethrow_exception(error_);
    sedge::check(status);
  }

 private:
  const Progress &progress_;
  sedge_progress call_ = SEDGE_PROGRESS;
  std::exception_ptr error_;
};

template <typename T, void (*Close)(T *)>
struct Closer {
  void operator()(T *object) const noexcept { Close(object); }
};

template <typename T, void (*Close)(T *)>
using Owner = std::unique_ptr<T, Closer<T, Close>>;

}  // namespace detail

/// The pixels of a picture in memory of the caller.
class Picture : public sedge_picture {
 public:
  /// Lines of `stride` bytes from the top; 0 where they follow each other.
  Picture(const uint8_t *pixels, int32_t width, int32_t height, sedge_layout layout = SEDGE_RGB, size_t stride = 0)
      : sedge_picture{pixels, width, height, stride, layout} {}
  explicit Picture(const sedge_picture &picture) : sedge_picture(picture) {}
};

/// A picture of a file: PNG, JPEG, WebP, TIFF or BMP.
class PictureFile {
 public:
  explicit PictureFile(const std::string &path) {
    sedge_picture_file *file = nullptr;
    check(sedge_picture_open(path.c_str(), &file));
    file_.reset(file);
  }

  /// The pixels, which belong to this object.
  Picture picture() const {
    sedge_picture picture;
    check(sedge_picture_pixels(file_.get(), &picture));
    return Picture(picture);
  }

 private:
  detail::Owner<sedge_picture_file, sedge_picture_close> file_;
};

/// Class names with their text features for one model.
class Classes {
 public:
  size_t size() const noexcept { return sedge_classes_count(classes_.get()); }

  /// The name of a class, "" beyond the last.
  std::string_view name(size_t index) const noexcept {
    const char *name = sedge_classes_name(classes_.get(), index);
    return name ? name : "";
  }

  /// Classes x prompts x embedding, unit vectors.
  Array features() const {
    sedge_array array;
    check(sedge_classes_features(classes_.get(), &array));
    return Array(array);
  }

  const sedge_classes *get() const noexcept { return classes_.get(); }

 private:
  friend class Model;
  explicit Classes(sedge_classes *classes) : classes_(classes) {}
  detail::Owner<sedge_classes, sedge_classes_close> classes_;
};

/// The result of segmenting a picture.
class Segmentation {
 public:
  int32_t width() const noexcept { return values_.width; }
  int32_t height() const noexcept { return values_.height; }
  /// The index of the best class of each pixel, line by line.
  View<int32_t> labels() const noexcept { return {values_.labels, pixel_count()}; }
  /// The score of that class, 0 to 1.
  View<float> best_scores() const noexcept { return {values_.best_scores, pixel_count()}; }
  /// The classes that early rejection kept, ascending.
  View<int32_t> kept_classes() const noexcept { return {values_.kept_classes, values_.kept_class_count}; }
  /// The scores that were asked for; sedge_segmentation_values says in which shape.
  Array scores() const { return Array(values_.scores); }

 private:
  friend class Model;
  explicit Segmentation(sedge_segmentation *segmentation) : segmentation_(segmentation) {
    check(sedge_segmentation_read(segmentation_.get(), &values_));
  }
  size_t pixel_count() const noexcept { return size_t(values_.width) * size_t(values_.height); }

  detail::Owner<sedge_segmentation, sedge_segmentation_close> segmentation_;
  sedge_segmentation_values values_ = SEDGE_SEGMENTATION_VALUES;
};

/// An embedding of a picture.
class Embedding {
 public:
  Array values() const {
    sedge_array array;
    check(sedge_embedding_values(embedding_.get(), &array));
    return Array(array);
  }

 private:
  friend class Model;
  explicit Embedding(sedge_embedding *embedding) : embedding_(embedding) {}
  detail::Owner<sedge_embedding, sedge_embedding_close> embedding_;
};

/// A loaded .sedge file.
class Model {
 public:
  /// Loads a file.
  explicit Model(const std::string &path, const sedge_model_options &options = SEDGE_MODEL_OPTIONS) {
    sedge_model *model = nullptr;
    check(sedge_model_open(path.c_str(), &options, &model));
    model_.reset(model);
  }

  /// Loads a file that is in memory, of which nothing is needed afterwards.
  Model(const void *bytes, size_t byte_count, const sedge_model_options &options = SEDGE_MODEL_OPTIONS) {
    sedge_model *model = nullptr;
    check(sedge_model_open_memory(bytes, byte_count, &options, &model));
    model_.reset(model);
  }

  /// What the model is; texts belong to the model.
  sedge_model_facts facts() const {
    sedge_model_facts facts = SEDGE_MODEL_FACTS;
    check(sedge_model_describe(model_.get(), &facts));
    return facts;
  }

  /// Encodes class names.
  Classes encode(const std::vector<std::string> &names, const Progress &progress = nullptr) const {
    std::vector<const char *> texts;
    texts.reserve(names.size());
    for (const auto &name : names) texts.push_back(name.c_str());
    sedge_classes *classes = nullptr;
    detail::ProgressCall call(progress);
    call.check(sedge_classes_encode(model_.get(), texts.data(), texts.size(), call.get(), &classes));
    return Classes(classes);
  }

  /// Encodes a list, "sky; grass" or the path of a file.
  Classes classes(const std::string &list, const Progress &progress = nullptr) const {
    return classes(list.c_str(), progress);
  }

  /// The first class list that the file has.
  Classes classes() const { return classes(nullptr, nullptr); }

  /// Segments a picture.
  Segmentation segment(
      const sedge_picture &picture, const Classes &classes,
      const sedge_segment_options &options = SEDGE_SEGMENT_OPTIONS) const {
    sedge_segmentation *segmentation = nullptr;
    check(sedge_segment(model_.get(), classes.get(), &picture, &options, &segmentation));
    return Segmentation(segmentation);
  }

  /// The probability of each class.
  std::vector<float> classify(const sedge_picture &picture, const Classes &classes) const {
    std::vector<float> probabilities(classes.size());
    check(sedge_classify(model_.get(), classes.get(), &picture, probabilities.data(), probabilities.size()));
    return probabilities;
  }

  /// Embeds a picture.
  Embedding embed(const sedge_picture &picture) const {
    sedge_embedding *embedding = nullptr;
    check(sedge_embed(model_.get(), &picture, &embedding));
    return Embedding(embedding);
  }

  const sedge_model *get() const noexcept { return model_.get(); }

 private:
  Classes classes(const char *list, const Progress &progress) const {
    sedge_classes *classes = nullptr;
    detail::ProgressCall call(progress);
    call.check(sedge_classes_open(model_.get(), list, call.get(), &classes));
    return Classes(classes);
  }

  detail::Owner<sedge_model, sedge_model_close> model_;
};

/// Runs a command such as "convert": see sedge_run.
///
/// A result out of tolerance and failed pictures are no errors: they are in the report.
inline std::string run(
    const std::string &command, const std::string &options = "{}", const Progress &progress = nullptr) {
  char *report = nullptr;
  detail::ProgressCall call(progress);
  const sedge_status status = sedge_run(command.c_str(), options.c_str(), call.get(), &report);
  const detail::Owner<char, sedge_text_free> owner(report);
  if (status != SEDGE_OUT_OF_TOLERANCE && status != SEDGE_PARTLY_FAILED) call.check(status);
  return report ? report : "";
}

}  // namespace sedge

#endif
