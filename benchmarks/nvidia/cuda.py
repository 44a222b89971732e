"""CUDA's driver API from Python's standard library alone, for machines where nothing can be installed.

The same calls go to a card's libcuda.so.1 and to an emulated one: `Card(library)`.
"""
import ctypes

ERROR_LOG, ERROR_LOG_BYTES = 5, 6
MAJOR, MINOR, MULTIPROCESSORS, KILOHERTZ = 75, 76, 16, 13
MAX_DYNAMIC_SHARED = 8
USUAL_SHARED = 48 * 1024


class CudaError(Exception):
    pass


class Card:
    """The first card of a driver library."""

    def __init__(self, library="libcuda.so.1"):
        self.library = ctypes.CDLL(library)
        self.call("cuInit", 0)
        device, context = ctypes.c_int(), ctypes.c_void_p()
        self.call("cuDeviceGet", ctypes.byref(device), 0)
        self.device = device.value
        self.call("cuDevicePrimaryCtxRetain", ctypes.byref(context), device)
        self.call("cuCtxSetCurrent", context)
        name = ctypes.create_string_buffer(256)
        self.call("cuDeviceGetName", name, 256, device)
        self.name = name.value.decode()
        self.architecture = 10 * self.attribute(MAJOR) + self.attribute(MINOR)
        self.emulated = hasattr(self.library, "moecEmulatorLastFault")

    def call(self, function, *arguments):
        status = getattr(self.library, function)(*arguments)
        if status:
            text = ctypes.c_char_p()
            self.library.cuGetErrorName(status, ctypes.byref(text))
            raise CudaError(f"{function}: {(text.value or b'?').decode()} ({status})")

    def attribute(self, number):
        value = ctypes.c_int()
        self.call("cuDeviceGetAttribute", ctypes.byref(value), number, self.device)
        return value.value

    def driver_version(self):
        version = ctypes.c_int()
        self.call("cuDriverGetVersion", ctypes.byref(version))
        return version.value

    def allocate(self, size):
        pointer = ctypes.c_ulonglong()
        self.call("cuMemAlloc_v2", ctypes.byref(pointer), ctypes.c_size_t(size))
        return pointer

    def free(self, *pointers):
        for pointer in pointers:
            self.call("cuMemFree_v2", pointer)

    def upload(self, data):
        pointer = self.allocate(max(len(data), 4))
        self.call("cuMemcpyHtoD_v2", pointer, data, ctypes.c_size_t(len(data)))
        return pointer

    def download(self, pointer, size):
        data = ctypes.create_string_buffer(size)
        self.call("cuMemcpyDtoH_v2", data, pointer, ctypes.c_size_t(size))
        return data.raw

    def fill(self, pointer, byte, size):
        self.call("cuMemsetD8_v2", pointer, ctypes.c_ubyte(byte), ctypes.c_size_t(size))

    def load(self, ptx):
        """A module of PTX; what the driver's compiler says is part of the error."""
        log = ctypes.create_string_buffer(4096)
        options = (ctypes.c_int * 2)(ERROR_LOG, ERROR_LOG_BYTES)
        values = (ctypes.c_void_p * 2)(ctypes.addressof(log), 4096)
        module = ctypes.c_void_p()
        try:
            self.call("cuModuleLoadDataEx", ctypes.byref(module), ptx.encode() + b"\0", 2, options, values)
        except CudaError as error:
            raise CudaError(f"{error}: {log.value.decode(errors='replace').strip()}") from None
        return module

    def function(self, module, name):
        found = ctypes.c_void_p()
        self.call("cuModuleGetFunction", ctypes.byref(found), module, name.encode())
        return found

    def launch(self, function, grid, block, *arguments, shared=0):
        """Arguments are 8-byte words. Does not wait."""
        if shared > USUAL_SHARED:
            self.call("cuFuncSetAttribute", function, MAX_DYNAMIC_SHARED, shared)
        words = [ctypes.c_ulonglong(getattr(word, "value", word)) for word in arguments]
        pointers = (ctypes.c_void_p * len(words))(*[ctypes.addressof(word) for word in words])
        self.call("cuLaunchKernel", function, grid, 1, 1, block, 1, 1, shared, None, pointers, None)

    def wait(self):
        self.call("cuCtxSynchronize")

    def time(self, work, rounds=20):
        """The median time of `work`, in microseconds, by events."""
        start, stop = ctypes.c_void_p(), ctypes.c_void_p()
        self.call("cuEventCreate", ctypes.byref(start), 0)
        self.call("cuEventCreate", ctypes.byref(stop), 0)
        times = []
        for _ in range(rounds):
            self.call("cuEventRecord", start, None)
            work()
            self.call("cuEventRecord", stop, None)
            self.call("cuEventSynchronize", stop)
            milliseconds = ctypes.c_float()
            self.call("cuEventElapsedTime", ctypes.byref(milliseconds), start, stop)
            times.append(1000 * milliseconds.value)
        return sorted(times)[len(times) // 2]
