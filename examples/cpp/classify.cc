// SPDX-License-Identifier: Apache-2.0
// Loads a model, runs it on zeros and prints the index of the largest output.
#include <octet/octet.h>

#include <algorithm>
#include <iostream>

int main(int argc, char** argv) {
  const auto model = octet::Model::load(argc > 1 ? argv[1] : "model.ms");
  if (!model) return std::cerr << model.error().message << '\n', 1;
  auto session = octet::Session::create(*model, {.num_threads = 1});
  if (!session) return std::cerr << session.error().message << '\n', 1;
  std::ranges::fill(session->input<float>(0), 0.0f);
  if (const auto done = session->run(); !done) return std::cerr << done.error().message << '\n', 1;
  const auto output = session->output<float>(0);
  std::cout << "class " << std::ranges::max_element(output) - output.begin() << " of " << output.size() << '\n';
}
