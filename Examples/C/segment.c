/* Segments a picture: segment MODEL.sedge PICTURE "sky; grass; red circle" LABELS.pgm
 *
 * Prints the share of each class, and writes the labels as a PGM file: gray n is class n. */

#include <sedge.h>

#include <stdio.h>

/* Prints the shares and writes the labels; 0 where the file was written. */
static int show(const sedge_classes *classes, const sedge_segmentation *result, const char *path) {
  sedge_segmentation_values values = SEDGE_SEGMENTATION_VALUES;
  if (sedge_segmentation_read(result, &values) != SEDGE_OK) return -1;
  const size_t pixel_count = (size_t)values.width * (size_t)values.height;
  for (size_t class = 0; class < sedge_classes_count(classes); ++class) {
    size_t count = 0;
    for (size_t i = 0; i < pixel_count; ++i) count += (size_t)values.labels[i] == class;
    printf("%s: %.2f%%\n", sedge_classes_name(classes, class), 100.0 * (double)count / (double)pixel_count);
  }

  FILE *file = fopen(path, "wb");
  if (!file) return -1;
  fprintf(file, "P5\n%d %d\n255\n", (int)values.width, (int)values.height);
  for (size_t i = 0; i < pixel_count; ++i) putc((int)values.labels[i], file);
  return fclose(file);
}

int main(int count, char **arguments) {
  if (count != 5) {
    fprintf(stderr, "usage: segment MODEL.sedge PICTURE \"sky; grass; red circle\" LABELS.pgm\n");
    return 64;
  }
  /* What a function makes is NULL after a failure, and may be released all the same. */
  sedge_model *model = NULL;
  sedge_picture_file *file = NULL;
  sedge_classes *classes = NULL;
  sedge_segmentation *result = NULL;
  sedge_picture picture;

  sedge_status status = sedge_model_open(arguments[1], NULL, &model);
  if (status == SEDGE_OK) status = sedge_picture_open(arguments[2], &file);
  if (status == SEDGE_OK) status = sedge_picture_pixels(file, &picture);
  if (status == SEDGE_OK) status = sedge_classes_open(model, arguments[3], NULL, &classes);
  if (status == SEDGE_OK) status = sedge_segment(model, classes, &picture, NULL, &result);
  if (status != SEDGE_OK) {
    fprintf(stderr, "segment: %s\n", sedge_error_text());
  } else if (show(classes, result, arguments[4]) != 0) {
    perror(arguments[4]);
    status = SEDGE_UNUSABLE_INPUT;
  }

  sedge_segmentation_close(result);
  sedge_classes_close(classes);
  sedge_picture_close(file);
  sedge_model_close(model);
  return (int)status;
}
