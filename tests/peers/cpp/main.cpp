#include <cstdlib>
#include <exception>
#include <iostream>

#include "client.h"

int main(int argc, char** argv) {
  if (argc < 5) {
    std::cerr << "usage: client HOST PORT TRANSPORT PROTOCOL CASE..." << std::endl;
    return 2;
  }
  Client client(argv[1], std::atoi(argv[2]), argv[3], argv[4]);
  for (int i = 5; i < argc; i++) {
    try {
      client.run(argv[i]);
      std::cout << "ok " << argv[i] << std::endl;
    } catch (const std::exception& e) {
      std::cout << "FAIL " << argv[i] << " " << e.what() << std::endl;
    }
  }
  return 0;
}
