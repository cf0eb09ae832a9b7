#include <main/benchmark/message_counter.h>

#include <mpi.h>

namespace cageopt {

namespace {

MessageCounter &counter()
{
  static MessageCounter total;
  return total;
}

void count_message(const int count, MPI_Datatype type)
{
  int size = 0;
  PMPI_Type_size(type, &size);
  ++counter().messages;
  counter().bytes += std::uint64_t(count) * std::uint64_t(size);
}

} // namespace

const MessageCounter &MessageCounter::now() { return counter(); }

} // namespace cageopt

extern "C" {

int MPI_Send(const void *buffer, int count, MPI_Datatype type, int rank, int tag, MPI_Comm comm)
{
  cageopt::count_message(count, type);
  return PMPI_Send(buffer, count, type, rank, tag, comm);
}

int MPI_Isend(const void *buffer, int count, MPI_Datatype type, int rank, int tag, MPI_Comm comm, MPI_Request *request)
{
  cageopt::count_message(count, type);
  return PMPI_Isend(buffer, count, type, rank, tag, comm, request);
}

int MPI_Allreduce(const void *send, void *receive, int count, MPI_Datatype type, MPI_Op operation, MPI_Comm comm)
{
  ++cageopt::counter().reductions;
  return PMPI_Allreduce(send, receive, count, type, operation, comm);
}

int MPI_Iallreduce(const void *send, void *receive, int count, MPI_Datatype type, MPI_Op operation, MPI_Comm comm,
                   MPI_Request *request)
{
  ++cageopt::counter().reductions;
  return PMPI_Iallreduce(send, receive, count, type, operation, comm, request);
}

int MPI_Allgather(const void *send, int n_send, MPI_Datatype send_type, void *receive, int n_receive,
                  MPI_Datatype receive_type, MPI_Comm comm)
{
  ++cageopt::counter().gathers;
  return PMPI_Allgather(send, n_send, send_type, receive, n_receive, receive_type, comm);
}

int MPI_Allgatherv(const void *send, int n_send, MPI_Datatype send_type, void *receive, const int *n_receive,
                   const int *offsets, MPI_Datatype receive_type, MPI_Comm comm)
{
  ++cageopt::counter().gathers;
  return PMPI_Allgatherv(send, n_send, send_type, receive, n_receive, offsets, receive_type, comm);
}

} // extern "C"
