#include <main/terminal.h>

#include <iostream>

namespace cageopt {

class Terminal::Tee : public std::streambuf
{
public:
  explicit Tee(const bool active) : active(active) {}

  const bool active;
  std::string said;
  std::ofstream log;

protected:
  int overflow(const int character) override
  {
    if (active && character != traits_type::eof()) {
      const char letter = static_cast<char>(character);
      xsputn(&letter, 1);
    }
    return character;
  }

  std::streamsize xsputn(const char *text, const std::streamsize n) override
  {
    if (active) {
      std::cout.write(text, n);
      if (log.is_open())
        log.write(text, n);
      else
        said.append(text, static_cast<std::size_t>(n));
    }
    return n;
  }

  int sync() override
  {
    if (active) {
      std::cout.flush();
      if (log.is_open())
        log.flush();
    }
    return 0;
  }
};

Terminal::Terminal(MPI_Comm comm)
{
  int rank = 0;
  MPI_Comm_rank(comm, &rank);
  buffer = std::make_unique<Tee>(rank == 0);
  stream = std::make_unique<std::ostream>(buffer.get());
}

Terminal::~Terminal() = default;

void Terminal::log_to(const std::string &path)
{
  if (!buffer->active)
    return;
  buffer->log.open(path);
  if (!buffer->log)
    *stream << "Warning: " << path << " cannot be written; the terminal alone shows this text.\n";
  buffer->log << buffer->said;
  buffer->said.clear();
}

void Terminal::close_log()
{
  stream->flush();
  buffer->log.close();
}

} // namespace cageopt
