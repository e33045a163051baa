# The one image: `sluice` with what it needs and nothing else. Swift's libraries are linked in, libpq is Debian's.
ARG SWIFT_VERSION=6.3

FROM swift:${SWIFT_VERSION}-bookworm AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends libpq-dev pkg-config zlib1g-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
# Fetched packages stay in a layer of their own until the manifest changes.
COPY Package.* ./
RUN swift package resolve
COPY . .
RUN swift build --configuration release --product sluice --static-swift-stdlib \
 && strip --strip-debug -o /sluice "$(swift build --configuration release --show-bin-path)/sluice"

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates libpq5 libstdc++6 zlib1g \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin sluice
COPY --from=build /sluice /usr/local/bin/sluice
# Fails here, not at the first start, when a library is missing.
RUN sluice --help >/dev/null
# 127.0.0.1, the default, is the container itself. glibc's default of 8 arenas a core keeps memory that nobody uses.
ENV SLUICE_HOST=0.0.0.0 \
    SLUICE_PORT=8080 \
    MALLOC_ARENA_MAX=2
# By number, so that Kubernetes can tell that it is not root.
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGTERM
# For `serve`; other commands listen to nobody and turn it off.
HEALTHCHECK --interval=5s --timeout=4s --start-period=30s --retries=3 CMD bash -c '\
    exec 3<>"/dev/tcp/127.0.0.1/$SLUICE_PORT" \
    && printf "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" >&3 \
    && read -r _ status _ <&3 \
    && [ "$status" = 200 ]'
ENTRYPOINT ["sluice"]
CMD ["serve"]
