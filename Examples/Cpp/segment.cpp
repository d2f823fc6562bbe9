// Segments a picture: segment MODEL.sedge PICTURE "sky; grass; red circle" LABELS.pgm
//
// Prints the share of each class, and writes the labels as a PGM file: gray n is class n.

#include <sedge.hpp>

#include <cstdio>
#include <fstream>
#include <vector>

int main(int count, char **arguments) {
  if (count != 5) {
    std::fprintf(stderr, "usage: segment MODEL.sedge PICTURE \"sky; grass; red circle\" LABELS.pgm\n");
    return 64;
  }
  try {
    const sedge::Model model(arguments[1]);
    const sedge::PictureFile file(arguments[2]);
    const auto classes = model.classes(arguments[3]);
    const auto result = model.segment(file.picture(), classes);

    std::vector<size_t> pixels(classes.size());
    for (int32_t label : result.labels()) ++pixels[size_t(label)];
    for (size_t i = 0; i < classes.size(); ++i) {
      std::printf("%s: %.2f%%\n", classes.name(i).data(), 100.0 * double(pixels[i]) / double(result.labels().size()));
    }

    std::ofstream output(arguments[4], std::ios::binary);
    output << "P5\n" << result.width() << " " << result.height() << "\n255\n";
    for (int32_t label : result.labels()) output.put(char(label));
    return output.flush() ? 0 : 2;
  } catch (const sedge::Error &error) {
    std::fprintf(stderr, "segment: %s\n", error.what());
    return error.status();
  }
}
