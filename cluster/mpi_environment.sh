# shellcheck shell=bash
# Open MPI on one machine: sourced by the scripts that start mpirun there, not meant for a cluster's scheduler.
# Root and more ranks than cores are normal in containers; kernel-assisted copies are forbidden in many of them and then
# fail with a message per transfer; ranks are not bound, as another run on the same machine would get the same cores.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_hwloc_base_binding_policy=none OMPI_MCA_mpi_yield_when_idle=1
export OMPI_MCA_btl_vader_single_copy_mechanism=none OMPI_MCA_btl_base_warn_component_unused=0
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
