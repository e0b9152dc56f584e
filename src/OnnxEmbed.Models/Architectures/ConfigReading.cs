using OnnxEmbed.Models.Packages;

namespace OnnxEmbed.Models.Architectures;

/// <summary>Reads the config of one architecture, with the defaults of transformers.</summary>
internal delegate ModelConfig ConfigReading(ConfigReader json);
