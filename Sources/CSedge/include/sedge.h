/*
 * Sedge for C and C++: SED and CAT-Seg (open-vocabulary segmentation) and CLIP, from .sedge files.
 *
 *     sedge_model *model;
 *     sedge_classes *classes;
 *     sedge_segmentation *result;
 *     if (sedge_model_open("sed.sedge", NULL, &model) || sedge_classes_open(model, "sky; grass; red circle", NULL, &classes) ||
 *         sedge_segment(model, classes, &picture, NULL, &result))
 *       fprintf(stderr, "%s\n", sedge_error_text());
 *
 * Rules that hold for all functions:
 *
 * - A function that can fail returns a sedge_status, and its result by its last argument, which is NULL after a failure.
 *   sedge_error_text() then is the reason.
 * - What a function makes, the caller releases by the function named there. Releasing NULL does nothing.
 * - Text is UTF-8 and ends with a zero. Text that is no UTF-8 is refused.
 * - A damaged file and a wrong argument are errors, and end no process. Before each step of the work, the system is asked for as
 *   much memory as it takes at most; where that is refused, the status is SEDGE_OUT_OF_MEMORY. A system that promises more memory
 *   than it has can end the process later. Not even the library can notice a pointer to released memory.
 * - Any function may be called from any thread. Threads may share a model and classes: forward passes of one model run one after
 *   another, each on all its threads. An object must not be released while another thread uses it.
 * - A struct of options begins with its own size, so that later versions can add members: initialize it by its macro, such as
 *   SEDGE_MODEL_OPTIONS. NULL stands for the defaults.
 */
#ifndef SEDGE_H
#define SEDGE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Version ---- */

/* The version of this interface. It rises when a program must be compiled again; the file name of the library has it. */
#define SEDGE_ABI_VERSION 0

/* The version of the interface that the library has: unequal to SEDGE_ABI_VERSION where another library was loaded. */
int32_t sedge_abi_version(void);

/* The release, such as "0.1.0". */
const char *sedge_version(void);

/* The commit that the library was built from; NULL where the build was not told. */
const char *sedge_source_commit(void);

/* ---- Errors ---- */

/* How a call ended. The numbers up to 70 are the exit codes of the command `sedge`. */
typedef enum sedge_status {
  SEDGE_OK = 0,
  /* Done, and out of tolerance (verify, diff, gate). */
  SEDGE_OUT_OF_TOLERANCE = 1,
  /* A file, a picture or a class list cannot be used. */
  SEDGE_UNUSABLE_INPUT = 2,
  /* Done, but some pictures or conversions failed. */
  SEDGE_PARTLY_FAILED = 3,
  /* A signature does not hold. */
  SEDGE_WRONG_SIGNATURE = 4,
  /* An argument is wrong: a mistake of the program. */
  SEDGE_WRONG_ARGUMENT = 64,
  /* A bug in Sedge. */
  SEDGE_BUG = 70,
  /* There is too little memory for the next step of the work. */
  SEDGE_OUT_OF_MEMORY = 71,
  /* A callback stopped the work. */
  SEDGE_STOPPED = 130
} sedge_status;

/* Why the last call of this thread that failed did so: the file, the tensor, what was expected and found, what to do. "" where
 * none failed. Valid until the next call of this thread that fails. */
const char *sedge_error_text(void);

/* Releases a text that a function made. */
void sedge_text_free(char *text);

/* ---- Progress ---- */

/* A function that is told of progress, on the thread that does the work. */
typedef struct sedge_progress {
  size_t struct_size;
  /* Called with a step, such as "writing tensors", and how much of it is done, 0 to 1, or -1 where that is not known.
   * Stops the work where it returns anything but 0: the call then ends with SEDGE_STOPPED and leaves no file. */
  int32_t (*step)(void *context, const char *step, double share);
  void *context;
} sedge_progress;

#define SEDGE_PROGRESS {sizeof(sedge_progress), NULL, NULL}

/* ---- Models ---- */

/* A loaded .sedge file. */
typedef struct sedge_model sedge_model;

/* The network of a file. */
typedef enum sedge_kind {
  /* SED, which segments. */
  SEDGE_SED = 0,
  /* CLIP alone, which classifies, and segments by the embedding of each pixel. */
  SEDGE_CLIP = 1,
  /* CAT-Seg, which segments. */
  SEDGE_CAT_SEG = 2
} sedge_kind;

/* The arithmetic of forward passes. */
typedef enum sedge_arithmetic {
  SEDGE_FLOAT32 = 0,
  /* Weights and activations of the largest layers as 8-bit integers: faster, and less accurate. */
  SEDGE_INT8 = 1,
  /* Operator by operator, in readable code: slow. */
  SEDGE_REFERENCE = 2,
  /* Weights and activations of the large layers in bfloat16, sums in float32: less accurate, and faster where the processor has
   * instructions for it. */
  SEDGE_BFLOAT16 = 3
} sedge_arithmetic;

/* How pictures become the square that SED takes, or the squares that CAT-Seg takes. */
typedef enum sedge_resizing {
  /* As the file says. */
  SEDGE_RESIZING_OF_FILE = 0,
  /* As SED is evaluated: resized by its shorter side in 8-bit samples, then to the square. */
  SEDGE_RESIZING_SED = 1,
  /* At once to the square. */
  SEDGE_RESIZING_SQUARE = 2,
  /* CAT-Seg's sliding windows. */
  SEDGE_RESIZING_WINDOWS = 3,
  /* As CAT-Seg is evaluated: resized by its shorter side first, then sliding windows. */
  SEDGE_RESIZING_CAT_SEG = 4
} sedge_resizing;

typedef struct sedge_model_options {
  size_t struct_size;
  /* Threads of a forward pass; 0 for one on each processor. */
  int32_t threads;
  /* A sedge_arithmetic. */
  int32_t arithmetic;
  /* A sedge_resizing; of CLIP alone it must be SEDGE_RESIZING_OF_FILE. */
  int32_t resizing;
  /* A file that keeps text features from one run of the program to the next; NULL for none. */
  const char *text_cache;
} sedge_model_options;

#define SEDGE_MODEL_OPTIONS {sizeof(sedge_model_options), 0, SEDGE_FLOAT32, SEDGE_RESIZING_OF_FILE, NULL}

/* Loads a .sedge file. Released by sedge_model_close. */
sedge_status sedge_model_open(
    const char *path, const sedge_model_options *options,
    sedge_model **model);

/* Loads a .sedge file of `byte_count` bytes that are in memory; they are copied. Released by sedge_model_close. */
sedge_status sedge_model_open_memory(
    const void *bytes, size_t byte_count, const sedge_model_options *options,
    sedge_model **model);

void sedge_model_close(sedge_model *model);

/* What a model is. Texts belong to the model. */
typedef struct sedge_model_facts {
  size_t struct_size;
  /* Such as "SED-B". */
  const char *name;
  /* A sedge_kind. */
  int32_t kind;
  /* The side of the square that pictures are resized to, in pixels. */
  int32_t resolution;
  /* The number of classes that early rejection keeps at each pixel; 0 where it keeps all. */
  int32_t default_top_k;
  /* Whether the model takes any class names; otherwise only those of its class lists. */
  int32_t has_text_encoder;
  /* The width of embeddings. */
  int32_t embedding_width;
  /* The names of the class lists that the file has text features of. */
  const char *const *class_lists;
  size_t class_list_count;
  /* Bytes of the file. */
  uint64_t byte_count;
} sedge_model_facts;

/* Fills `facts`, whose struct_size the caller has set (SEDGE_MODEL_FACTS). The report of sedge_run("inspect") has all else. */
sedge_status sedge_model_describe(const sedge_model *model, sedge_model_facts *facts);

#define SEDGE_MODEL_FACTS {sizeof(sedge_model_facts), NULL, 0, 0, 0, 0, 0, NULL, 0, 0}

/* ---- Arrays ---- */

/* Float32 values in row-major order: the last dimension varies fastest. They belong to the object that they were asked of. */
typedef struct sedge_array {
  const float *values;
  size_t dimension_count;
  size_t dimensions[4];
} sedge_array;

/* ---- Classes ---- */

/* Class names with their text features for one model; encoded once, used for any number of pictures. */
typedef struct sedge_classes sedge_classes;

/* Encodes names; for SED no two may be equal. Released by sedge_classes_close.
 *
 * names: `count` texts; several names of one class are separated by commas. */
sedge_status sedge_classes_encode(
    const sedge_model *model, const char *const *names, size_t count,
    const sedge_progress *progress, sedge_classes **classes);

/* Encodes the classes of a list as option --classes of the command takes it: "sky; grass; red circle", or the path of a JSON or
 * text file; NULL for the first list that the model's file has. Released by sedge_classes_close. */
sedge_status sedge_classes_open(
    const sedge_model *model, const char *list, const sedge_progress *progress,
    sedge_classes **classes);

void sedge_classes_close(sedge_classes *classes);

/* The number of classes; 0 for NULL. */
size_t sedge_classes_count(const sedge_classes *classes);

/* The name of a class, NULL beyond the last. It belongs to the classes. */
const char *sedge_classes_name(const sedge_classes *classes, size_t index);

/* The text features: classes x prompts x embedding, unit vectors; one prompt for CLIP alone. */
sedge_status sedge_classes_features(const sedge_classes *classes, sedge_array *features);

/* ---- Pictures ---- */

/* The order of the 8-bit samples of a pixel. Alpha means nothing, as in the files that the command reads. */
typedef enum sedge_layout {
  SEDGE_RGB = 0,
  SEDGE_BGR = 1,
  SEDGE_RGBA = 2,
  SEDGE_BGRA = 3,
  SEDGE_GRAY = 4
} sedge_layout;

/* The pixels of a picture, in memory of the caller; a function reads them before it returns. */
typedef struct sedge_picture {
  /* The first sample of the top line. */
  const uint8_t *pixels;
  int32_t width;
  int32_t height;
  /* Bytes from a line to the next; 0 where they follow each other. */
  size_t stride;
  /* A sedge_layout. */
  int32_t layout;
} sedge_picture;

/* A picture that was read from a file. */
typedef struct sedge_picture_file sedge_picture_file;

/* Reads a PNG, JPEG, WebP, TIFF or BMP, turned as its orientation says. Released by sedge_picture_close. */
sedge_status sedge_picture_open(
    const char *path, sedge_picture_file **file);

void sedge_picture_close(sedge_picture_file *file);

/* The pixels, as RGB; they belong to the file. */
sedge_status sedge_picture_pixels(
    const sedge_picture_file *file, sedge_picture *picture);

/* ---- Segmentation ---- */

/* The result of segmenting a picture. */
typedef struct sedge_segmentation sedge_segmentation;

/* Which scores of classes are kept. */
typedef enum sedge_scores {
  SEDGE_NO_SCORES = 0,
  /* At the size of the network's output. */
  SEDGE_NETWORK_SCORES = 1,
  /* At the size of the picture: 4 bytes for each class and pixel. */
  SEDGE_PICTURE_SCORES = 2
} sedge_scores;

typedef struct sedge_segment_options {
  size_t struct_size;
  /* The number of classes that early rejection keeps at each pixel; 0 for the file's, -1 for all. */
  int32_t top_k;
  /* A sedge_scores. */
  int32_t scores;
} sedge_segment_options;

#define SEDGE_SEGMENT_OPTIONS {sizeof(sedge_segment_options), 0, SEDGE_NO_SCORES}

/* Segments a picture of any size; to keep several, call once for each. Released by sedge_segmentation_close.
 *
 * classes: of the same model. */
sedge_status sedge_segment(
    const sedge_model *model, const sedge_classes *classes,
    const sedge_picture *picture, const sedge_segment_options *options,
    sedge_segmentation **segmentation);

void sedge_segmentation_close(sedge_segmentation *segmentation);

/* What a segmentation is. The arrays belong to it. */
typedef struct sedge_segmentation_values {
  size_t struct_size;
  /* The size of the picture. */
  int32_t width;
  int32_t height;
  /* The index of the best class of each pixel, line by line. */
  const int32_t *labels;
  /* The score of that class, 0 to 1. */
  const float *best_scores;
  /* The classes that early rejection kept, ascending. */
  const int32_t *kept_classes;
  size_t kept_class_count;
  /* The scores that were asked for, 0 to 1: kept classes x lines x columns at the network's size, all classes x lines x columns
   * at the picture's, with 0 for rejected ones; no values where none were. */
  sedge_array scores;
} sedge_segmentation_values;

#define SEDGE_SEGMENTATION_VALUES {sizeof(sedge_segmentation_values), 0, 0, NULL, NULL, NULL, 0, {NULL, 0, {0, 0, 0, 0}}}

/* Fills `values`, whose struct_size the caller has set (SEDGE_SEGMENTATION_VALUES). */
sedge_status sedge_segmentation_read(
    const sedge_segmentation *segmentation, sedge_segmentation_values *values);

/* ---- Classification and embeddings ---- */

/* Writes the probability of each class to `probabilities`, which has room for `count`, the number of classes. */
sedge_status sedge_classify(
    const sedge_model *model, const sedge_classes *classes,
    const sedge_picture *picture, float *probabilities, size_t count);

/* An embedding of a picture. */
typedef struct sedge_embedding sedge_embedding;

/* Embeds a picture. Released by sedge_embedding_close. */
sedge_status sedge_embed(
    const sedge_model *model, const sedge_picture *picture,
    sedge_embedding **embedding);

void sedge_embedding_close(sedge_embedding *embedding);

/* The values, unit vectors in the space of text features: for SED embedding x lines x columns, one for each 32 x 32 pixels of the
 * square that the network takes; for CLIP alone one embedding, of the whole picture. */
sedge_status sedge_embedding_values(
    const sedge_embedding *embedding, sedge_array *values);

/* ---- Weights ---- */

/* The weights of a .sedge file as float32 under the names of a PyTorch checkpoint, each computed when it is read: folds are
 * undone, codes decoded, as by the command `export`. */
typedef struct sedge_weights sedge_weights;

/* Opens the weights of a file. Released by sedge_weights_close.
 *
 * names: "sed" or "openclip"; NULL for those of the model's own program. */
sedge_status sedge_weights_open(const char *path, const char *names, sedge_weights **weights);

void sedge_weights_close(sedge_weights *weights);

/* The number of tensors; 0 for NULL. */
size_t sedge_weights_count(const sedge_weights *weights);

/* A tensor of a checkpoint, without its values. */
typedef struct sedge_tensor {
  /* It belongs to the weights. */
  const char *name;
  size_t dimension_count;
  size_t dimensions[4];
} sedge_tensor;

sedge_status sedge_weights_describe(const sedge_weights *weights, size_t index, sedge_tensor *tensor);

/* Computes the values of a tensor in row-major order; `count` is their number. Several threads may read at a time. */
sedge_status sedge_weights_read(const sedge_weights *weights, size_t index, float *values, size_t count);

/* ---- Commands ---- */

/* Runs a command of `sedge`, such as "inspect", "convert" or "verify": what docs/command-line.md says holds here too.
 *
 *     sedge_run("convert", "{\"arguments\": [\"sed.pth\"], \"output\": \"sed.sedge\", \"quantize\": \"int8\"}", NULL, &report);
 *
 * options: A JSON object, NULL for none: "arguments" has those without a name; all others are options without their dashes, with
 * text, a number, true, or an array where an option is repeated.
 * report: The JSON object that the command prints with --json, also of an error (Schemas/report.schema.json); NULL where there is
 * none. Released by sedge_text_free. */
sedge_status sedge_run(
    const char *command, const char *options, const sedge_progress *progress,
    char **report);

/* The program `sedge` of the same version, in whose process HDF5 files are read; by default that beside the library, in the folder
 * `bin` beside the library's, or on PATH. NULL returns to that. */
sedge_status sedge_use_reader(const char *program);

#ifdef __cplusplus
}
#endif

#endif
