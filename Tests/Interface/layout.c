/* The layout that programs are compiled with: sizes, places of members and numbers of sedge.h, on 64-bit systems.
 *
 * A line that fails is a new SEDGE_ABI_VERSION, but for a size that grew by members at the end of a struct with struct_size. */
#include <sedge.h>

#define SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), #type " has another size")
#define OFFSET(type, member, bytes) _Static_assert(offsetof(type, member) == (bytes), #type "." #member " is elsewhere")
#define VALUE(name, number) _Static_assert(name == (number), #name " is another number")

SIZE(sedge_progress, 24);
OFFSET(sedge_progress, struct_size, 0);
OFFSET(sedge_progress, step, 8);
OFFSET(sedge_progress, context, 16);

SIZE(sedge_model_options, 32);
OFFSET(sedge_model_options, struct_size, 0);
OFFSET(sedge_model_options, threads, 8);
OFFSET(sedge_model_options, arithmetic, 12);
OFFSET(sedge_model_options, resizing, 16);
OFFSET(sedge_model_options, text_cache, 24);

SIZE(sedge_model_facts, 64);
OFFSET(sedge_model_facts, struct_size, 0);
OFFSET(sedge_model_facts, name, 8);
OFFSET(sedge_model_facts, kind, 16);
OFFSET(sedge_model_facts, resolution, 20);
OFFSET(sedge_model_facts, default_top_k, 24);
OFFSET(sedge_model_facts, has_text_encoder, 28);
OFFSET(sedge_model_facts, embedding_width, 32);
OFFSET(sedge_model_facts, class_lists, 40);
OFFSET(sedge_model_facts, class_list_count, 48);
OFFSET(sedge_model_facts, byte_count, 56);

SIZE(sedge_array, 48);
OFFSET(sedge_array, values, 0);
OFFSET(sedge_array, dimension_count, 8);
OFFSET(sedge_array, dimensions, 16);

SIZE(sedge_picture, 32);
OFFSET(sedge_picture, pixels, 0);
OFFSET(sedge_picture, width, 8);
OFFSET(sedge_picture, height, 12);
OFFSET(sedge_picture, stride, 16);
OFFSET(sedge_picture, layout, 24);

SIZE(sedge_segment_options, 16);
OFFSET(sedge_segment_options, struct_size, 0);
OFFSET(sedge_segment_options, top_k, 8);
OFFSET(sedge_segment_options, scores, 12);

SIZE(sedge_segmentation_values, 96);
OFFSET(sedge_segmentation_values, struct_size, 0);
OFFSET(sedge_segmentation_values, width, 8);
OFFSET(sedge_segmentation_values, height, 12);
OFFSET(sedge_segmentation_values, labels, 16);
OFFSET(sedge_segmentation_values, best_scores, 24);
OFFSET(sedge_segmentation_values, kept_classes, 32);
OFFSET(sedge_segmentation_values, kept_class_count, 40);
OFFSET(sedge_segmentation_values, scores, 48);

SIZE(sedge_tensor, 48);
OFFSET(sedge_tensor, name, 0);
OFFSET(sedge_tensor, dimension_count, 8);
OFFSET(sedge_tensor, dimensions, 16);

VALUE(SEDGE_OK, 0);
VALUE(SEDGE_OUT_OF_TOLERANCE, 1);
VALUE(SEDGE_UNUSABLE_INPUT, 2);
VALUE(SEDGE_PARTLY_FAILED, 3);
VALUE(SEDGE_WRONG_SIGNATURE, 4);
VALUE(SEDGE_WRONG_ARGUMENT, 64);
VALUE(SEDGE_BUG, 70);
VALUE(SEDGE_OUT_OF_MEMORY, 71);
VALUE(SEDGE_STOPPED, 130);
VALUE(SEDGE_SED, 0);
VALUE(SEDGE_CLIP, 1);
VALUE(SEDGE_CAT_SEG, 2);
VALUE(SEDGE_FLOAT32, 0);
VALUE(SEDGE_INT8, 1);
VALUE(SEDGE_REFERENCE, 2);
VALUE(SEDGE_BFLOAT16, 3);
VALUE(SEDGE_RESIZING_OF_FILE, 0);
VALUE(SEDGE_RESIZING_SED, 1);
VALUE(SEDGE_RESIZING_SQUARE, 2);
VALUE(SEDGE_RESIZING_WINDOWS, 3);
VALUE(SEDGE_RESIZING_CAT_SEG, 4);
VALUE(SEDGE_RGB, 0);
VALUE(SEDGE_BGR, 1);
VALUE(SEDGE_RGBA, 2);
VALUE(SEDGE_BGRA, 3);
VALUE(SEDGE_GRAY, 4);
VALUE(SEDGE_NO_SCORES, 0);
VALUE(SEDGE_NETWORK_SCORES, 1);
VALUE(SEDGE_PICTURE_SCORES, 2);
